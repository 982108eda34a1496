"""What the layers inside one stream cost, and the rungs that a ladder gets from them.

Pure: time is passed in, microseconds. The data plane counts (`DataPlane.inner_layers`); here counts become shares of
the stream's rate, which is known from its meter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from media_server.dataplane.ports import InnerLayer
from media_server.layers import Rung

FIRST_US = 1_000_000
"""Layers are known when they were counted for so long."""
WINDOW_US = 4_000_000
"""A keyframe counts as the lowest temporal layer: over less its share would sway. A layer of which nothing came for
so long is there no more."""
LONGEST_US = 12_000_000
"""What was counted before a longer pause (nobody planned) says nothing of now."""
APART_US = 100_000
SMOOTHING = 0.2
"""Weight of the newest shares, as of a rate in `ladders.py`."""

At = tuple[int, int]
"""Spatial and temporal layer."""


class InnerMeter:
    """Of one incoming stream. Keeps the counts of the last `WINDOW_US`, `APART_US` apart; the oldest go."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, Mapping[At, int]]] = deque(maxlen=WINDOW_US // APART_US + 2)
        self.shares: Mapping[At, float] = {}
        """Of the stream's payload, together 1; empty while not known. A stream that stands still keeps its shares,
        one that goes on without telling its layers loses them."""
        self.spatial_layers = 1
        """As many as ever came."""

    def count(self, counted: Sequence[InnerLayer], now_us: int, *, flows: bool) -> None:
        """Take the running counts. Counts that fell begin anew. `flows`: packets come, of whatever layer."""
        samples = self._samples
        if samples and now_us - samples[-1][0] < APART_US:
            return
        now = {(layer.spatial, layer.temporal): layer.payload_bytes for layer in counted}
        if samples and (now_us - samples[-1][0] > LONGEST_US or _fell(samples[-1][1], now)):
            samples.clear()
        samples.append((now_us, now))
        self.spatial_layers = 1 + max((spatial for spatial, _ in now), default=0)
        while len(samples) > 2 and now_us - samples[1][0] >= WINDOW_US:
            samples.popleft()
        since_us, then = samples[0]
        if now_us - since_us >= FIRST_US:
            self._share({place: size - then.get(place, 0) for place, size in now.items()})
        if flows and now_us - since_us >= WINDOW_US and now == then:
            self.shares = {}

    def _share(self, came: Mapping[At, int]) -> None:
        total = sum(came.values())
        if not total:
            return
        newest = {place: size / total for place, size in came.items() if size}
        before = self.shares
        if before.keys() == newest.keys():
            newest = {place: before[place] + SMOOTHING * (share - before[place]) for place, share in newest.items()}
        self.shares = newest


def _fell(before: Mapping[At, int], now: Mapping[At, int]) -> bool:
    return any(now.get(place, 0) < size for place, size in before.items())


def rungs_inside(
    whole: Rung, shares: Mapping[At, float], short_side_px: Callable[[int], int], *, lowest: bool
) -> tuple[Rung, ...]:
    """The rungs that an encoding has when its inner layers can be left out, lowest first; the last is the whole.

    Frames are given up before the size of the picture, but one temporal layer (half of them) at most, since a smaller
    picture that moves is better than a large one that jerks; with nothing below (`lowest` encoding, lowest spatial
    layer) even a quarter is better than none. `short_side_px` of a spatial layer.
    """
    if not shares or not whole.bitrate_bps:
        return (whole,)
    spatials = sorted({spatial for spatial, _ in shares})
    temporals = sorted({temporal for _, temporal in shares})
    rungs = []
    for spatial in spatials:
        least = lowest and spatial == spatials[0]
        for temporal in temporals if least else temporals[-2:]:
            part = sum(share for (s, t), share in shares.items() if s <= spatial and t <= temporal)
            rungs.append(
                replace(
                    whole,
                    short_side_px=short_side_px(spatial),
                    bitrate_bps=max(1, round(whole.bitrate_bps * min(1.0, part))),
                    spatial=None if spatial == spatials[-1] else spatial,
                    temporal=None if temporal == temporals[-1] else temporal,
                )
            )
    return tuple(rungs)
