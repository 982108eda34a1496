"""How well and at what cost faces are told apart: `yunting bench faces --pairs FILE`.

Accuracy: over the listed pairs, and over all pairs of their pictures with scores normalised by people who are in
neither picture. Cost: the vector beside dlib's own, a whole verification of a camera's frame, and what 20 of them
do to an event loop.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from identity.engines.dlib_onnx import DlibOnnx
from yunting.bench.face_accuracy import Accuracy, accuracy
from yunting.bench.face_cost import Cost, cost
from yunting.bench.face_pictures import acquire, names_of, read_pairs


class FacesOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`pairs`: a CSV of left,right,same beside its pictures."""

    pairs: Path


@dataclass(frozen=True, kw_only=True)
class FacesResult(Accuracy, Cost):
    """All figures of one run."""

    cpus: int
    python: str
    seconds: float


def run(options: FacesOptions) -> FacesResult:
    """Measure. ValueError: what `options.pairs` names cannot be used."""
    began = time.monotonic()
    pairs, folder = read_pairs(options.pairs)
    names = names_of(pairs)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as cache, Progress(console=console, disable=not console.is_terminal) as bar:
        engine = DlibOnnx(Path(cache))
        task = bar.add_task("人脸 / faces", total=len(names))
        found = acquire(engine, folder, names, lambda: bar.advance(task))
        costs = cost(engine, folder, found)
    rates = accuracy(found, pairs)
    return FacesResult(
        **vars(rates),
        **vars(costs),
        cpus=os.cpu_count() or 0,
        python=platform.python_version(),
        seconds=time.monotonic() - began,
    )
