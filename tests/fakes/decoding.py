"""What a decoder complains of in a recorded file, and whether the log lists it."""

from __future__ import annotations

import re
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.logging

_COMPLAINT = re.compile("error|corrupt|conceal|missing|invalid", re.IGNORECASE)
LISTED_WITHIN_MS = 150
"""A fault shows up to a few pictures after the hole that it comes from."""


def faults_ms(path: Path, pause: float) -> tuple[list[float], int]:
    """File times at which a decoder complains or pictures are missing, and how many pictures were decoded.

    FFmpeg conceals what is damaged and only logs it, so its log counts as well as what it raises. Of a picture that
    is not there at all it says nothing: there a pause longer than `pause` usual distances counts as a fault.
    """
    faults: list[float] = []
    shown_ms: list[float] = []
    pictures = 0
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.open(str(path)) as container:
            for packet in container.demux():
                with av.logging.Capture(local=False) as said:
                    try:
                        frames = packet.decode()
                    except av.FFmpegError as error:
                        frames, said = [], [*said, (0, "", str(error))]
                pictures += sum(isinstance(frame, av.VideoFrame) for frame in frames)
                if packet.pts is None:
                    continue
                at_ms = float(packet.pts * packet.time_base * 1000)
                if packet.stream.type == "video":
                    shown_ms.append(at_ms)
                if packet.is_corrupt or any(_COMPLAINT.search(text) for _, _, text in said):
                    faults.append(at_ms)
    finally:
        av.logging.set_level(None)
    steps = [after - before for before, after in pairwise(shown_ms)]
    limit_ms = pause * statistics.median(steps)
    faults += [at_ms for at_ms, step in zip(shown_ms, steps, strict=False) if step > limit_ms]
    return sorted(faults), pictures


def unlisted(faults: list[float], gaps: list[dict[str, Any]]) -> list[float]:
    """Faults outside every listed gap."""
    return [
        at_ms
        for at_ms in faults
        if not any(g["from_ms"] - LISTED_WITHIN_MS <= at_ms <= g["to_ms"] + LISTED_WITHIN_MS for g in gaps)
    ]
