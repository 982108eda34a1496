"""Broken models are named, and end nothing but the process in which they were tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.tone_model import make_tone_model
from transcription.engine import ModelBroken
from transcription.probe import probe

pytestmark = pytest.mark.integration


@pytest.fixture
def model(data_dir: Path, tmp_path: Path) -> Path:
    found = data_dir / "models" / "vosk-toy-court-cn"
    if not found.is_dir():
        pytest.skip(f"no fixture model at {found}")
    copy = tmp_path / "copy"
    shutil.copytree(found, copy, copy_function=shutil.copyfile)
    for folder in (copy, *copy.rglob("*/")):
        folder.chmod(0o755)
    return copy


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1_000_000])


def _garble(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 4000)


def test_a_good_model_passes(model: Path) -> None:
    probe("vosk", model)


@pytest.mark.parametrize(
    ("part", "spoil", "said"),
    [
        ("am/final.mdl", _cut, "Failed to read"),
        ("am/final.mdl", _garble, "final.mdl"),
        ("graph/HCLG.fst", _cut, "Could not read fst"),
        ("graph/HCLG.fst", Path.unlink, "disambig"),
        ("graph/words.txt", _garble, "words.txt"),
        ("conf/model.conf", lambda file: file.write_text("--nonsense=1\n"), "--nonsense"),
        # Loads, and fails at the first sound.
        ("conf/mfcc.conf", lambda file: file.write_text("--num-ceps=20\n--num-mel-bins=40\n"), "dimension"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_one_is_named_with_the_reason(
    model: Path, part: str, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(model / part)
    with pytest.raises(ModelBroken) as caught:
        probe("vosk", model)
    assert str(model) in caught.value.en
    assert "yunting models install copy" in caught.value.zh
    assert said in caught.value.en


def test_one_that_takes_for_ever_is_given_up(model: Path) -> None:
    with pytest.raises(ModelBroken, match=r"within 0 s"):
        probe("vosk", model, limit_s=0.01)


def test_sherpa_ends_only_the_process_of_the_probe(tmp_path: Path) -> None:
    pytest.importorskip("sherpa_onnx", reason="the optional package sherpa-onnx is not installed")
    folder = make_tone_model(tmp_path / "tones")
    probe("sherpa", folder)
    network = folder / "model.onnx"
    network.write_bytes(network.read_bytes().replace(b"window_size", b"window_what"))
    with pytest.raises(ModelBroken):
        probe("sherpa", folder)
