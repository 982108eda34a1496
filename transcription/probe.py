"""Try a model in a process of its own: what its library does to the process with a broken file is then nobody's end.

    python -m transcription.probe KIND FOLDER

Vosk mostly raises, and can also crash or take all memory with a file that is only partly wrong; sherpa-onnx ends the
process outright. So no model is opened by the server that has not been opened here first.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from array import array
from pathlib import Path

from transcription.engine import SAMPLE_RATE, Engine, ModelBroken
from transcription.model_files import EngineKind

_TRY_S = 180
"""A model of two gigabytes from a slow disk; nobody waits for it but a worker thread."""


def open_directly(kind: EngineKind, folder: Path, languages: tuple[str, ...]) -> Engine:
    """The engine, opened in this very process. Raises EngineError; may end the process."""
    if kind == "vosk":
        from transcription.vosk_engine import VoskEngine

        return VoskEngine(folder, languages)
    from transcription.sherpa_engine import SherpaEngine

    return SherpaEngine(folder, languages)


def probe(kind: EngineKind, folder: Path, limit_s: float = _TRY_S) -> None:
    """Open the model elsewhere and let it hear a second of noise. Blocks for as long as that takes.

    Raises ModelBroken with the library's own words.
    """
    command = [sys.executable, "-m", "transcription.probe", kind, str(folder.absolute())]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise ModelBroken(
            folder, folder.name, f"{limit_s:.0f} 秒内未能加载", f"it did not load within {limit_s:.0f} s"
        ) from None
    if done.returncode == 0:
        return
    said = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
    why = _last_line(said)
    if done.returncode < 0:
        why = f"{_signal(-done.returncode)} {why}".strip()
    raise ModelBroken(folder, folder.name, why, why)


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if "ERROR" in line] or lines[-1:] or ["it ended without a word"]
    return "".join(letter for letter in told[-1] if letter.isprintable())[:300]


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def main(kind: EngineKind, folder: Path) -> None:
    """Open, hear, say nothing. Raises what the engine raises."""
    engine = open_directly(kind, folder, ("und",))
    stream = engine.open("und")
    noise = random.Random(1)
    samples = array("h", (noise.randint(-2000, 2000) for _ in range(SAMPLE_RATE)))
    stream.accept(samples.tobytes())
    stream.flush()
    stream.close()


if __name__ == "__main__":
    try:
        main("sherpa" if sys.argv[1] == "sherpa" else "vosk", Path(sys.argv[2]))
    except Exception as problem:
        sys.exit(f"{problem}")
