"""The faces benchmark's reading of its file, and its figures on people whose vectors are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from yunting.bench.face_accuracy import accuracy
from yunting.bench.face_pictures import Acquired, Pair, frame_640, names_of, read_pairs

pytestmark = pytest.mark.unit


def pictures(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.new("RGB", (250, 250), "grey").save(folder / name)


def test_pairs_and_their_pictures_are_found(tmp_path: Path) -> None:
    pictures(tmp_path / "lfw", "A_0001.jpg", "A_0002.jpg", "B_0001.jpg")
    (tmp_path / "pairs.csv").write_text("left,right,same\nA_0001.jpg,A_0002.jpg,1\nB_0001.jpg,A_0001.jpg,0\n")
    pairs, folder = read_pairs(tmp_path / "pairs.csv")
    assert pairs == [Pair("A_0001.jpg", "A_0002.jpg", True), Pair("B_0001.jpg", "A_0001.jpg", False)]
    assert folder == tmp_path / "lfw"
    assert names_of(pairs) == ["A_0001.jpg", "A_0002.jpg", "B_0001.jpg"]
    assert frame_640(folder, "A_0001.jpg").shape == (480, 640, 3)


@pytest.mark.parametrize("text", ["", "left,right,same\n", "a,b\n1,2\n", "left,right,same\nX.jpg,Y.jpg,1\n"])
def test_other_files_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs.csv").write_text(text)
    for file in (tmp_path / "pairs.csv", tmp_path / "none.csv"):
        with pytest.raises(ValueError):
            read_pairs(file)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, "A_0001.jpg")
    (tmp_path / "pairs.csv").write_text("left,right,same\nA_0001.jpg,A_0002.jpg,1\n")
    with pytest.raises(ValueError, match="A_0002"):
        read_pairs(tmp_path / "pairs.csv")


def test_figures_of_people_who_are_easily_told_apart() -> None:
    random = np.random.default_rng(1)
    person = np.repeat(np.arange(300), 6)
    centres = random.normal(0, 0.1, (300, 32))
    vectors = (centres[person] + random.normal(0, 0.01, (1800, 32))).astype(np.float32)
    names = [f"P{owner}_{at:04}.jpg" for at, owner in enumerate(person)]
    found = Acquired(names, vectors, vectors, person, 1810)
    pairs = [Pair(names[6 * at], names[6 * at + 1], True) for at in range(300)]
    pairs += [Pair(names[6 * at], names[6 * at + 6], False) for at in range(299)]
    figures = accuracy(found, [*pairs, Pair("absent.jpg", names[0], False)])
    assert figures.fta == pytest.approx(10 / 1810)
    assert figures.fta_95[0] < figures.fta < figures.fta_95[1]
    assert (figures.fnmr_at_fmr_1e3, figures.frr) == (0, 0)
    # One impostor of 299 is the finest step that these pairs can show.
    assert figures.eer <= 1 / 299
    assert (figures.pairs, figures.people, figures.images) == (599, 300, 1810)
    assert figures.genuine_pairs == 300 * 15
    assert {row.frames for row in figures.points} == {1, 3, 5}
    assert all(0.999 < row.passes + row.review + row.fails < 1.001 for row in figures.points)


def test_too_few_people_are_refused() -> None:
    vectors = np.eye(8, dtype=np.float32)
    with pytest.raises(ValueError):
        accuracy(Acquired([str(at) for at in range(8)], vectors, vectors, np.arange(8), 8), [])
