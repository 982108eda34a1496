"""The ladders of a room's publications as they stand now, made once for all viewers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from media_server.incoming import Layer
from media_server.inner_layers import InnerMeter, rungs_inside
from media_server.layers import Ladder, Rung
from media_server.publication import Publication

REFRESH_US = 100_000
PLAIN_START_BPS = 300_000
"""What a track without simulcast is taken to need before it was measured: browsers begin there and grow."""
GIVEN_UP_US = 3_000_000
"""An encoding that was asked for and has not come for so long is not counted on: too weak a phone or uplink."""
MEASURED_US = 1_000_000
"""The rate of a layer is known when it has run for as long as its meter looks back."""
FRESH_US = 100_000
SMOOTHING = 0.2
"""Weight of the newest measurement, ten a second: a scene that moves for a moment changes nobody's quality."""


@dataclass(slots=True)
class _Known:
    ladder: Ladder = ()
    made_us: int = 0
    rates_bps: dict[str, float] = field(default_factory=dict)
    asked_us: dict[str, int] = field(default_factory=dict)
    """Since when an encoding is asked for and does not run."""
    inner: dict[int, InnerMeter] = field(default_factory=dict)
    """By SSRC."""
    shares: dict[str, Mapping[tuple[int, int], float]] = field(default_factory=dict)
    """What the layers inside an encoding took of it when it last ran."""


class LadderBook:
    """By publication id; `forget` what has ended."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def ladder(self, publication: Publication, now_us: int) -> Ladder:
        """At most `REFRESH_US` old. Never empty: a track that has sent nothing yet has rungs that may come."""
        known = self._known.get(publication.info.id)
        if known is None:
            known = self._known[publication.info.id] = _Known()
        if not known.ladder or now_us - known.made_us >= REFRESH_US:
            known.made_us = now_us
            known.ladder = _made(publication, known, now_us)
        return known.ladder

    def changed(self, publication: Publication) -> None:
        """Layers have begun or stopped: the next `ladder` is made anew."""
        known = self._known.get(publication.info.id)
        if known is not None:
            known.ladder = ()

    def forget(self, publication_id: str) -> None:
        """Idempotent."""
        self._known.pop(publication_id, None)


def _made(publication: Publication, known: _Known, now_us: int) -> Ladder:
    # By the newest packet of all, not by the clock: a still screen is silent on every layer.
    newest_us = min(now_us, max((layer.last_us for layer in publication.layers), default=0))
    rungs: list[Rung] = []
    known.inner = {layer.ssrc: known.inner.get(layer.ssrc) or InnerMeter() for layer in publication.layers}
    for rid in publication.rids or ("",):
        layer = publication.layer_of(rid)
        running = layer is not None and layer.running(newest_us)
        # One that has just been paused counts as running for a while; its meter falls already.
        fresh = layer is not None and now_us - layer.last_us < FRESH_US
        if layer is not None and running and fresh and now_us - layer.began_us >= MEASURED_US:
            _measure(known, layer, now_us)
        size_px = min(layer.size) if layer is not None and layer.size else 0
        whole = Rung(
            rid=rid,
            short_side_px=size_px,
            bitrate_bps=int(known.rates_bps.get(rid, 0 if rid else PLAIN_START_BPS)),
            running=running,
            startable=not running and _may_come(publication, known, rid, now_us),
        )
        meter = None if layer is None else known.inner[layer.ssrc]
        if meter is not None and layer is not None and running:
            meter.count(publication.inner_layers(layer), now_us, flows=fresh and publication.allowed)
            known.shares[rid] = meter.shares
        shares = known.shares.get(rid, {}) if rid in known.rates_bps else {}
        top = 0 if meter is None else meter.spatial_layers - 1
        sizes = partial(_inner_side_px, publication.info.codec, size_px, top)
        rungs += rungs_inside(whole, shares, sizes, lowest=not rungs)
        if running:
            known.asked_us.pop(rid, None)
    return tuple(rungs)


def _inner_side_px(codec: str, size_px: int, top: int, spatial: int) -> int:
    """The size of a spatial layer, each half the next one's (W3C webrtc-svc: all modes but the seldom "h"). What was
    read from a keyframe is the lowest layer's with VP9 and the highest's with AV1."""
    return size_px << spatial if codec == "vp9" else size_px >> max(0, top - spatial)


def _measure(known: _Known, layer: Layer, now_us: int) -> None:
    rate = layer.meter.bits_per_second(now_us)
    before = known.rates_bps.get(layer.rid)
    known.rates_bps[layer.rid] = rate if before is None else before + SMOOTHING * (rate - before)


def _may_come(publication: Publication, known: _Known, rid: str, now_us: int) -> bool:
    if rid and rid not in publication.sent_rids:
        known.asked_us.pop(rid, None)
        return True
    return now_us - known.asked_us.setdefault(rid, now_us) < GIVEN_UP_US
