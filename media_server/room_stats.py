"""Network figures of one participant, from all of its connections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from media_server.downstream import Downstream
from media_server.peer import Peer
from media_server.ports import PeerStats
from media_server.upstream import Upstream

STALE_US = 10_000_000
"""A viewer's report older than this (a paused track) says nothing of the network now."""


def participant_stats(peers: Sequence[Peer], now_us: int) -> PeerStats:
    """Figures for the network lamp: loss as the mean over tracks, the shortest known round trip."""
    ups = [peer for peer in peers if isinstance(peer, Upstream)]
    downs = [peer for peer in peers if isinstance(peer, Downstream)]
    copies = [subscription for peer in downs for subscription in peer.subscriptions]
    deliveries = [copy.delivery for copy in copies]
    fresh = [said for said in deliveries if said.told_us is not None and now_us - said.told_us < STALE_US]
    blocks = [layer.last_block for peer in ups for layer in peer.layers]
    trips_us = [peer.round_trip_us for peer in ups] + [said.round_trip_us for said in fresh]
    known_us = [trip for trip in trips_us if trip is not None]
    estimates = [estimate for peer in ups if (estimate := peer.estimate.bits_per_second()) is not None]
    return PeerStats(
        rtt_ms=min(known_us) / 1000 if known_us else None,
        loss_up=_mean(block.fraction_lost for block in blocks if block),
        loss_down=_mean(delivery.fraction_lost for delivery in fresh),
        bitrate_up_bps=sum(peer.meter.bits_per_second(now_us) for peer in ups),
        bitrate_down_bps=sum(peer.meter.bits_per_second(now_us) for peer in downs),
        estimate_up_bps=sum(estimates) if estimates else None,
    )


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0
