"""Calibration: nobody passes alone until enough people show that few are taken for each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearing.errors import UserError
from identity.calibrate import FALSE_MATCH_RATE, Vectors, bounded_threshold, calibrate, photos_in, vectors_of
from identity.cohort import CohortError, load, save
from identity.engine import Box, Embedding, EngineBusy, EngineUnavailable, Landmarks, Rgb
from identity.evaluate import Scores
from identity.score import STRONG, Scorer

pytestmark = pytest.mark.unit

SHA = "ab" * 32


def people(count: int, photos: int, spread: float = 0.03, seed: int = 1) -> Vectors:
    random = np.random.default_rng(seed)
    centres = random.normal(0, 0.1, (count, 64))
    return {
        person: [(centre + random.normal(0, spread, 64)).astype(np.float32) for _ in range(photos)]
        for person, centre in enumerate(centres)
    }


def test_enough_people_with_enough_photos_are_calibrated() -> None:
    made = calibrate("toy", SHA, people(300, 6), 7)
    found = made.cohort.calibration
    assert found is not None
    assert found.pass_from is not None
    assert found.pass_from >= STRONG
    assert found.false_match_bound <= FALSE_MATCH_RATE
    assert (found.people, found.frames, found.made_utc_ms) == (300, 5, 7)
    assert [table.frames for table in made.tables] == [1, 3, 5]
    assert (len(made.cohort), made.photos) == (300, 1800)


def test_strangers_stay_below_what_was_found(tmp_path: Path) -> None:
    """Through the file and with other people of the same kind: the promise is kept on those who were not measured."""
    made = calibrate("toy", SHA, people(400, 6), 7)
    save(made.cohort, tmp_path / "cohort", bytes(32))
    scorer = Scorer("toy", SHA, load(tmp_path / "cohort", bytes(32)))
    others = people(150, 5, seed=99)
    templates = {person: scorer.enrol([vectors[0]]) for person, vectors in others.items()}
    passed = [
        scorer.decide(templates[person], vectors[1:4]).outcome == "pass"
        for person in templates
        for other, vectors in others.items()
        if person != other
    ]
    own = [scorer.decide(templates[person], vectors[1:4]).outcome for person, vectors in others.items()]
    assert sum(passed) / len(passed) <= 3 * FALSE_MATCH_RATE
    assert own.count("pass") > 0.9 * len(own)


@pytest.mark.parametrize(
    ("count", "photos", "why"),
    [(300, 1, "no second photo"), (300, 3, "no probe of three photos"), (220, 6, "nobody left to normalise by")],
)
def test_without_the_photos_to_tell_nobody_passes(count: int, photos: int, why: str) -> None:
    made = calibrate("toy", SHA, people(count, photos), 0)
    assert made.cohort.calibration is None, why
    assert Scorer("toy", SHA, made.cohort).pass_from is None


def test_people_who_look_alike_are_not_let_through() -> None:
    """Pairs of look-alikes: one impostor in some hundred cannot be told from the owner at any score."""
    twins = people(300, 6)
    for person in range(0, 300, 2):
        twins[person + 1] = [vector + np.float32(0.001) for vector in twins[person]]
    found = calibrate("toy", SHA, twins, 0).cohort.calibration
    assert found is not None
    own = people(300, 6)
    assert found.pass_from is None or found.pass_from > STRONG
    lonely = calibrate("toy", SHA, own, 0).cohort.calibration
    assert lonely is not None
    assert lonely.pass_from is not None


def test_however_many_photos_there_are_the_pairs_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity.calibrate.MOST_PAIRS", 300 * 300)
    found = calibrate("toy", SHA, people(300, 10), 0).cohort.calibration
    assert found is not None
    assert (found.impostor_pairs, found.genuine_pairs) == (300 * 299, 300)


def test_a_model_that_gives_no_numbers_is_not_taken_for_too_few_people() -> None:
    broken = people(300, 1)
    broken[7] = [np.full(64, np.nan, np.float32)]
    with pytest.raises(CohortError) as refused:
        calibrate("toy", SHA, broken, 0)
    assert refused.value.code == "cohort-not-finite"


def test_too_few_people_make_no_cohort() -> None:
    for vectors in (people(199, 6), {}):
        with pytest.raises(CohortError):
            calibrate("toy", SHA, vectors, 0)


def impostors(values: list[float], count: int) -> Scores:
    random = np.random.default_rng(1)
    scores = np.concatenate([np.array(values), random.uniform(-5, 0, count - len(values))])
    pairs = np.stack(np.divmod(np.arange(count), 400), axis=1).astype(np.int32)
    return Scores(np.array([9.0]), np.array([0]), scores, pairs, 400)


def test_too_few_pairs_bound_nothing() -> None:
    threshold, bound = bounded_threshold(impostors([], 20_000))
    assert threshold is None
    assert bound == pytest.approx(3 / 20_000, rel=0.01)


def test_the_bound_counts_what_was_seen() -> None:
    threshold, bound = bounded_threshold(impostors([8.0, 7.0, 6.0], 160_000))
    assert threshold is not None
    assert bound <= FALSE_MATCH_RATE
    # Three errors in 160,000 stay below 1e-4 with their bound, so even these may pass.
    assert threshold < 6.0


def test_an_impostor_whom_many_resemble_weighs_as_one_person() -> None:
    """The same number of errors, all of one person: the exact bound would allow them, people drawn anew do not."""
    wrong = np.linspace(6, 8, 9)
    alone = impostors([], 160_000)
    alone.impostor[np.nonzero(alone.impostor_people[:, 0] == 7)[0][:9]] = wrong
    spread = impostors([], 160_000)
    spread.impostor[np.random.default_rng(3).choice(160_000, 9, replace=False)] = wrong
    one, many = bounded_threshold(alone), bounded_threshold(spread)
    assert one[0] is not None
    assert many[0] is not None
    assert one[0] > many[0]


class ByColour:
    """An engine that sees one face of 100 px in bright pictures, two in red ones, none in black ones."""

    engine_id = "toy"
    model_sha256 = SHA

    def detect(self, rgb: Rgb, roi: Box | None = None) -> list[Box]:
        red, green, _ = rgb.mean(axis=(0, 1))
        box = Box(0, 0, min(100, rgb.shape[1]), min(100, rgb.shape[0]))
        return [] if red < 50 else [box] * (2 if red > 2 * green else 1)

    def landmarks(self, rgb: Rgb, box: Box) -> Landmarks:
        raise NotImplementedError

    def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
        assert flip
        return np.full(8, rgb.mean(), np.float32)


def test_photos_are_read_by_person_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    for person, files in {"a": ["1.jpg", "2.PNG"], "b": ["1.bmp.jpg"], "empty": [], ".trash": ["x.jpg"]}.items():
        (tmp_path / person).mkdir()
        for file in files:
            grey = 200 + len(person + file)
            Image.new("RGB", (120, 120), (grey, grey, grey)).save(tmp_path / person / file)
    Image.new("RGB", (120, 120), "black").save(tmp_path / "a" / "dark.jpg")
    Image.new("RGB", (120, 120), "red").save(tmp_path / "a" / "two.jpg")
    Image.new("RGB", (40, 40), "white").save(tmp_path / "b" / "small.jpg")
    (tmp_path / "b" / "text.jpg").write_text("not a picture")
    (tmp_path / "b" / "notes.txt").write_text("no photo")
    photos = photos_in(tmp_path)
    steps: list[int] = []
    vectors, refused = vectors_of(ByColour(), photos, lambda: steps.append(1))
    assert {person: len(each) for person, each in vectors.items()} == {0: 2, 1: 1}
    assert {(each.file.name, each.reason) for each in refused} == {
        ("dark.jpg", "no-face"),
        ("two.jpg", "many-faces"),
        ("small.jpg", "face-too-small"),
        ("text.jpg", "not-a-picture"),
    }
    assert len(steps) == len(photos) == 7


def test_a_file_of_any_size_is_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "a" / "film.jpg"
    file.parent.mkdir()
    with file.open("wb") as opened:
        opened.truncate(1 << 40)
    vectors, refused = vectors_of(ByColour(), photos_in(tmp_path), lambda: None)
    assert (vectors, [each.reason for each in refused]) == ({}, ["picture-too-large"])


def test_a_picture_of_two_people_counts_for_neither_and_twice_once(tmp_path: Path) -> None:
    for number, name in enumerate(("a/1.png", "a/2.png", "b/1.png", "b/2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (120, 120), (200 + number,) * 3).save(tmp_path / name)
    for source, copy in (("a/1.png", "a/3.png"), ("a/2.png", "b/3.png"), ("a/2.png", "b/4.png")):
        (tmp_path / copy).write_bytes((tmp_path / source).read_bytes())
    vectors, refused = vectors_of(ByColour(), photos_in(tmp_path), lambda: None)
    assert {person: len(each) for person, each in vectors.items()} == {0: 1, 1: 2}
    assert sorted((str(each.file.relative_to(tmp_path)), each.reason) for each in refused) == [
        ("a/2.png", "two-people"),
        ("a/3.png", "same-picture"),
        ("b/3.png", "two-people"),
        ("b/4.png", "two-people"),
    ]


@pytest.mark.parametrize("problem", [EngineUnavailable("gone"), EngineBusy(1.0)])
def test_an_engine_that_fails_ends_it_and_blames_no_photo(tmp_path: Path, problem: UserError) -> None:
    class Failing(ByColour):
        def embed(self, rgb: Rgb, box: Box, flip: bool = True) -> Embedding:
            raise problem

    (tmp_path / "a").mkdir()
    Image.new("RGB", (120, 120), "white").save(tmp_path / "a" / "1.png")
    with pytest.raises(type(problem)):
        vectors_of(Failing(), photos_in(tmp_path), lambda: None)


def test_a_bad_folder_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(folder: Path) -> UserError:
        with pytest.raises(UserError) as refused:
            photos_in(folder)
        assert str(folder) in refused.value.zh
        assert str(folder) in refused.value.en
        return refused.value

    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "notes.txt").write_text("no photo")
    for folder in (tmp_path, tmp_path / "absent", tmp_path / "person" / "notes.txt"):
        assert refusal(folder).code == "no-photos"
    (tmp_path / "loose.jpg").write_bytes(b"")
    loose = refusal(tmp_path)
    assert (loose.code, "loose.jpg" in loose.en) == ("loose-photos", True)
    (tmp_path / "loose.jpg").unlink()
    (tmp_path / "another").mkdir()
    monkeypatch.setattr("identity.calibrate.MOST_PEOPLE", 1)
    assert refusal(tmp_path).code == "too-many-people"
