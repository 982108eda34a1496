"""The speech engine suite over every implementation, the real ones with a real runtime."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest

from tests.contracts.speech_engine import Opener, SpeechEngineContract, Spoken
from tests.fakes.tone_model import make_tone_model, tones
from transcription.engine import EngineStream, EngineWord
from transcription.scripted_engine import Script, ScriptedEngine, Utterance
from transcription.sherpa_engine import SherpaEngine
from transcription.vosk_engine import VoskEngine

pytestmark = pytest.mark.contract


class TestScripted(SpeechEngineContract):
    @pytest.fixture
    def engine(self) -> ScriptedEngine:
        return ScriptedEngine([])

    @pytest.fixture
    def spoken(self) -> tuple[Spoken, Spoken]:
        return Spoken(bytes(2 * 48_000), "现在开庭请坐"), Spoken(bytes(2 * 48_000), "yes I do")

    @pytest.fixture
    def opener(self) -> Opener:
        said = {
            "现在开庭请坐": Script(
                utterances=(
                    _utterance(("现在", 4000, 9000), ("开庭", 9000, 15_000)),
                    _utterance(("请坐", 28_000, 36_000)),
                )
            ),
            "yes I do": Script(utterances=(_utterance(("yes", 1000, 4000), ("I", 5000, 5500), ("do", 6000, 9000)),)),
        }

        def opened(spoken: Spoken | None) -> EngineStream:
            return ScriptedEngine([said[spoken.text] if spoken else Script()]).open("zh-CN")

        return opened


@pytest.fixture(scope="session")
def toy(data_dir: Path) -> VoskEngine:
    folder = data_dir / "models" / "vosk-toy-court-cn"
    if not folder.is_dir():
        pytest.skip(f"no fixture model at {folder}")
    return VoskEngine(folder, ("zh-CN",))


class TestVosk(SpeechEngineContract):
    @pytest.fixture
    def engine(self, toy: VoskEngine) -> VoskEngine:
        return toy

    @pytest.fixture
    def spoken(self, data_dir: Path) -> tuple[Spoken, Spoken]:
        return _clip(data_dir, "syn_zh_court_00.wav"), _clip(data_dir, "syn_zh_court_07.wav")

    @pytest.fixture
    def opener(self, toy: VoskEngine) -> Opener:
        return lambda spoken: toy.open("zh-CN")


@pytest.fixture(scope="session")
def tone_engine(tmp_path_factory: pytest.TempPathFactory) -> SherpaEngine:
    pytest.importorskip("sherpa_onnx", reason="the optional package sherpa-onnx is not installed")
    return SherpaEngine(make_tone_model(tmp_path_factory.mktemp("tones")), ("zh-CN",))


class TestSherpa(SpeechEngineContract):
    """A made-up network: the runtime is real, the recognition is of two tones."""

    @pytest.fixture
    def engine(self, tone_engine: SherpaEngine) -> SherpaEngine:
        return tone_engine

    @pytest.fixture
    def spoken(self) -> tuple[Spoken, Spoken]:
        first, second = "低高 高低低 高", "高低高高 高 低"
        return Spoken(tones(*first), first.replace(" ", "")), Spoken(tones(*second), second.replace(" ", ""))

    @pytest.fixture
    def opener(self, tone_engine: SherpaEngine) -> Opener:
        return lambda spoken: tone_engine.open("zh-CN")


def _utterance(*words: tuple[str, int, int]) -> Utterance:
    return Utterance(
        words=tuple(
            EngineWord(text=text, from_sample=start, to_sample=end, confidence_permille=900)
            for text, start, end in words
        )
    )


def _clip(data_dir: Path, name: str) -> Spoken:
    """A clip whose words are among those that the fixture model was made from."""
    folder = data_dir / "speech"
    if not (folder / name).is_file():
        pytest.skip(f"no clip at {folder / name}")
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    text = next(each["transcript"] for each in listed if each["file"] == name)
    with wave.open(str(folder / name)) as opened:
        return Spoken(opened.readframes(opened.getnframes()), text.replace(" ", ""))
