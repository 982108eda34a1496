"""What the transcript needs of a speech engine: sound in, words with their times out.

    EngineError (a UserError)
    ├── ModelMissing     the model's folder or one of its files is not there
    ├── ModelBroken      it is there and cannot be used
    ├── EngineMissing    the program behind the engine is not installed
    ├── LanguageMissing  the engine does not speak the language that was asked for
    ├── EngineFailed     it broke down while it listened
    └── TrackGivenUp     something else broke down while one track was listened to

An engine is used from worker threads, never on the event loop: a call may take seconds. One engine serves many
streams at once; a stream belongs to one speaker and is used by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from hearing.errors import UserError

SAMPLE_RATE = 16_000
"""Of all sound that an engine hears: samples a second, mono, signed 16 bit, little-endian."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine can do. What it cannot is absent from its results, never invented."""

    languages: tuple[str, ...]
    """BCP 47 tags."""
    partials: bool
    """Says what it has understood before the end of an utterance."""
    word_times: bool
    """`words` are filled in."""
    confidence: bool
    """Words carry how sure it is."""
    hotwords: bool
    """Listens for the words given to `open`; otherwise they are ignored there."""


class EngineWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word as it was understood, with the blank that follows it, if any. Times are samples fed to the stream since
    it was opened."""

    text: str
    from_sample: int
    to_sample: int
    confidence_permille: int | None = None


class Partial(msgspec.Struct, frozen=True, kw_only=True):
    """What is understood of the utterance so far: the next Partial or Final replaces it."""

    text: str
    words: tuple[EngineWord, ...] = ()


class Final(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance. The words, joined, are the text; an engine without word times gives none, and then only the span
    says when it was."""

    text: str
    from_sample: int
    to_sample: int
    words: tuple[EngineWord, ...] = ()


Result: TypeAlias = Partial | Final


class EngineStream(Protocol):
    """One speaker being listened to. `tests/contracts/speech_engine.py` is what every implementation keeps."""

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        """Hear on. Any length, also none; results in the order of speech, a Partial only when it says something new.
        Raises EngineFailed, and ValueError for half a sample or a closed stream."""

    def flush(self) -> Sequence[Final]:
        """The speaker has stopped: what is pending becomes Final. The stream may go on. Idempotent. Raises
        EngineFailed, and ValueError for a closed stream."""

    def close(self) -> None:
        """Give its memory back; what is pending is lost. Idempotent."""


class Engine(Protocol):
    """A speech engine with its model."""

    @property
    def name(self) -> str:
        """Engine and model, kept with every utterance: "vosk:vosk-toy-court-cn"."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, the same for ever."""

    def open(self, language: str, hotwords: Sequence[str] = ()) -> EngineStream:
        """Listen to one more speaker. Raises LanguageMissing, EngineFailed."""


class EngineError(UserError):
    """Root of the tree in the module text: whom it concerns goes on without captions, and the pages say why."""


class ModelMissing(EngineError):
    """`path` is not there."""

    def __init__(self, path: Path, name: str) -> None:
        command = install_command(name)
        super().__init__(
            "speech-model-missing",
            f"没有语音模型：{path}。安装命令：{command}",
            f"there is no speech model at {path}; install it with: {command}",
        )
        self.path = path


class ModelBroken(EngineError):
    """`path` is there and no use."""

    def __init__(self, path: Path, name: str, zh: str, en: str) -> None:
        command = install_command(name)
        super().__init__(
            "speech-model-broken",
            f"语音模型不可用：{path}：{zh}。重新安装：{command}",
            f"the speech model at {path} cannot be used: {en}; install it again with: {command}",
        )
        self.path = path


class EngineMissing(EngineError):
    """An optional package is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            "speech-engine-missing",
            f"未安装语音引擎 {package}。安装命令：pip install {package}",
            f"the speech engine {package} is not installed; install it with: pip install {package}",
        )


class LanguageMissing(EngineError):
    """No model of this engine speaks `language`."""

    def __init__(self, engine: str, language: str) -> None:
        super().__init__(
            "speech-language-missing", f"{engine} 不支持语言 {language}", f"{engine} does not speak {language}"
        )


class EngineFailed(EngineError):
    """It broke down while it listened; a new stream may work."""

    def __init__(self, engine: str, detail: str) -> None:
        super().__init__(
            "speech-engine-failed",
            f"语音识别出错（{engine}）：{detail}",
            f"{engine} failed while listening: {detail}",
        )


class TrackGivenUp(EngineError):
    """A fault of ours or of the disk: this track is listened to no longer until it is complete."""

    def __init__(self) -> None:
        super().__init__(
            "speech-track-given-up",
            "此席位的转写出错，暂无字幕（录音完整，此路录音结束后补写）",
            "transcription of this seat broke down: no captions for now (the recording is whole, and what was said "
            "is written down when it has ended)",
        )


def install_command(name: str) -> str:
    """What an operator types to get the model `name`."""
    return f"yunting models install {name} --from FILE_OR_URL"


def check_samples(pcm16: bytes) -> None:
    """Raises ValueError for half a sample."""
    if len(pcm16) % 2:
        raise ValueError(f"{len(pcm16)} bytes are no whole number of 16-bit samples")
