"""FFmpeg's own meter of EBU R 128, on files as any player opens them: independent of how we measure and level."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import av.logging
import numpy as np
import numpy.typing as npt

RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Integrated loudness and true peak."""

    lufs: float
    peak_dbtp: float


def measured(parts: Iterable[npt.NDArray[np.float32]]) -> Measured:
    """Of mono samples at 48 kHz, 1 being full scale."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE_HZ, format="flt", layout="mono", time_base=Fraction(1, RATE_HZ))
    meter = graph.add("ebur128", "peak=true:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    av.logging.set_level(av.logging.INFO)
    at = 0
    try:
        with av.logging.Capture(local=False) as said:
            for part in parts:
                frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="flt", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
                at += part.size
                graph.push(frame)
                _drain(graph)
            graph.push(None)
            _drain(graph)
            del graph, source, meter, sink
    finally:
        av.logging.set_level(None)
    text = "".join(line for _, _, line in said)
    found = [re.findall(pattern, text)[-1] for pattern in (r"I:\s+(-?[\d.]+) LUFS", r"Peak:\s+(-?[\d.]+)")]
    return Measured(float(found[0]), float(found[1]))


def measured_file(path: Path) -> Measured:
    """Of the first sound in a file, decoded."""
    return measured(_decoded(path))


def _decoded(path: Path) -> Iterator[npt.NDArray[np.float32]]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for out in resampler.resample(frame):
                yield out.to_ndarray().reshape(-1)


def _drain(graph: av.filter.Graph) -> None:
    with contextlib.suppress(av.EOFError, BlockingIOError):
        while True:
            graph.pull()
