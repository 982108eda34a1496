"""The path to one viewer: what it carries, how fast we send, and when we try for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from media_server.bandwidth import RateMeter, ReportedCapacity
from media_server.dataplane.ports import Bandwidth, BandwidthLimits, DataPlane, HopExtensions, PeerId
from media_server.probing import Path, Probing
from media_server.sdp import ABS_SEND_TIME, TRANSPORT_CC

START_BPS = 1_500_000
"""Three low layers and the speaker's middle one; the first probes tell within a second."""
PACING_FACTOR = 2.5
"""As libwebrtc: a keyframe (five to ten ordinary frames) leaves within a few frame times, and a queue in front of the
narrowest link stays short. Less would delay keyframes, more would let them overflow small router queues."""
PACE_LEAST_BPS = 600_000
PACE_FIRST_BPS = 8_000_000
"""Before anything is known of the path: a cached group of pictures leaves within a second."""
_NOTICED = 0.1


class Downlink:
    """See the module text. Asks the data plane where the viewer sends transport-cc feedback, else the reports."""

    def __init__(self, plane: DataPlane, peer: PeerId) -> None:
        self._plane = plane
        self._peer = peer
        self._hop = HopExtensions()
        self._reported = ReportedCapacity()
        self._probing = Probing()
        self._paced_bps = 0
        self._known: Bandwidth | None = None
        self.audio = RateMeter()
        plane.limit_bandwidth(peer, BandwidthLimits(start_bps=START_BPS))

    def negotiated(self, lines: Sequence[Mapping[int, str]]) -> None:
        """The header extensions of every answered m-line (id -> URI). Idempotent."""
        hop = HopExtensions(_common(lines, TRANSPORT_CC), _common(lines, ABS_SEND_TIME))
        if hop != self._hop:
            self._hop = hop
            self._plane.set_hop(self._peer, hop)

    def remb(self, rate_bps: int, now_us: int) -> None:
        """The viewer's own estimate."""
        self._reported.remb(rate_bps, now_us)

    def reported(self, fraction_lost: float, sent_bps: int, now_us: int) -> None:
        """A receiver report of the viewer."""
        self._reported.reported(fraction_lost, sent_bps, now_us)

    def video_budget_bps(self, now_us: int) -> int:
        """What the path carries now beside the audio; asks the data plane."""
        self._known = self._plane.bandwidth(self._peer) if self._hop.transport_cc else None
        return max(0, self._capacity_bps(now_us) - self.audio.bits_per_second(now_us))

    def drive(self, goal_bps: int, now_us: int) -> None:
        """Set the pace, and probe if more is wanted than the path is known to carry. `goal_bps` without audio."""
        self._pace(self._capacity_bps(now_us))
        known = self._known
        if known is None:
            return
        path = Path(known.estimate_bps, known.probed_bps, known.overusing)
        probe = self._probing.due(path, goal_bps + self.audio.bits_per_second(now_us), now_us)
        if probe is None:
            return
        if self._plane.probe(self._peer, probe.rate_bps, probe.duration_ms):
            self._probing.begun(probe, now_us)
        else:
            self._probing.refused(now_us)

    def _capacity_bps(self, now_us: int) -> int:
        known = self._known
        if known is None:
            return self._reported.bits_per_second(now_us)
        # What arrives without a growing queue is carried, though nobody has tried for more than that.
        return known.estimate_bps if known.overusing else max(known.estimate_bps, known.acknowledged_bps)

    def _pace(self, capacity_bps: int) -> None:
        heard = self._reported.heard if self._known is None else self._known.feedback_us
        rate = max(PACE_LEAST_BPS, int(capacity_bps * PACING_FACTOR)) if heard else PACE_FIRST_BPS
        if abs(rate - self._paced_bps) > self._paced_bps * _NOTICED:
            self._paced_bps = rate
            self._plane.pace(self._peer, rate)


def _common(lines: Sequence[Mapping[int, str]], uri: str) -> int:
    """The extension's id where every line has it, under one id; else 0. A number that one line does not carry
    would look like a lost packet."""
    ids = {next((number for number, name in line.items() if name == uri), 0) for line in lines}
    return ids.pop() if len(ids) == 1 else 0
