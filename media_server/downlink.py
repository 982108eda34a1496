"""The path to one viewer: what it carries, how fast we send, and when we try for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_server.bandwidth import CountedRate, ReportedCapacity
from media_server.dataplane.ports import Bandwidth, BandwidthLimits, DataPlane, HopExtensions, PeerId
from media_server.probing import Path, Probing
from media_server.sdp import ABS_SEND_TIME, TRANSPORT_CC

START_BPS = 2_500_000
"""As Jitsi: a speaker and a few others show at once; feedback corrects it within half a second."""
PACING_FACTOR = 1.5
"""libwebrtc paces an encoder's output with 2.5. What we send was paced by its publisher already; only keyframes and
cached pictures come in bursts, and at 2.5 those overflow a link that is used well, which reads as overuse. At 1.5 a
keyframe of four pictures leaves within three picture times."""
DRAINING_FACTOR = 1.0
"""While the path loses much: the capacity is cut then, so its queue empties. Audio, which never waits here, is
delayed and lost by that queue."""
PACE_LEAST_BPS = 150_000
PACE_FIRST_BPS = 8_000_000
"""Before anything is known of the path: a cached group of pictures leaves within a second."""
GRACE_US = 2_000_000
"""So long after growing (a keyframe may take a second to come) the estimate may not take back what was believed
before: the new layer's keyframe reads as overuse, and that cuts the estimate to a share of what was acknowledged in
the half second before, when much less was sent."""
OVERUSED_SHARE = 0.8
"""What may be used of the estimate while a queue stands: it must empty, and the estimate comes down in steps."""
FLOODED = 0.25
"""A path that loses more than this is no bad radio: what is sent does not fit, and repeats fit still less. At 15 %
repeats are what keeps pictures whole."""
REPEATS_SHARE = 0.25
"""What repeats may have of it: most of what a full queue has dropped is too late to be repaired."""
_REPEAT_BITS = 9_000
ARRIVED_SLACK = 1.15
"""What arrives while no queue grows is carried, and as much more as its measurement sways."""
_NOTICED = 0.1


@dataclass(frozen=True, slots=True)
class Budget:
    """What videos may use: what already goes out may keep `keep_bps`, more may be added up to `grow_bps`."""

    keep_bps: int
    grow_bps: int
    jammed: bool = False
    """What goes to a lower layer stops until that one's keyframe is there: it would only wait on the way."""


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
        self._grace: tuple[int, int] | None = None
        self._repeats = self._repeats_since_us = 0
        self.audio = CountedRate()
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

    def needed_bps(self, goal_bps: int, now_us: int) -> int | None:
        """While the path carries so much, `goal_bps` for videos and the audio beside, it hinders nothing; None: the
        data plane does not know this path (see `DataPlane.strained`)."""
        return goal_bps + self.audio.bits_per_second(now_us) if self._hop.transport_cc else None

    def video_budget(self, now_us: int) -> Budget:
        """What the path carries now beside the audio; asks the data plane."""
        self._known = self._plane.bandwidth(self._peer) if self._hop.transport_cc else None
        capacity_bps = self._capacity_bps(now_us)
        audio_bps = self.audio.bits_per_second(now_us)
        grow_bps = capacity_bps if self._known is None else self._known.estimate_bps
        if self._probing.climbing:
            grow_bps = 0
        return Budget(max(0, capacity_bps - audio_bps), max(0, grow_bps - audio_bps), self._jammed)

    def became_jammed(self) -> bool:
        """Whether it is worse than was known: a queue stands on the way. Asks the data plane."""
        return bool(self._hop.transport_cc) and not self._jammed and self._plane.bandwidth(self._peer).jammed

    def may_repeat(self, wanted: int, now_us: int) -> int:
        """How many of so many packets may be repeated now; counts them."""
        known = self._known
        if known is None or not (known.jammed or known.loss > FLOODED):
            return wanted
        if now_us - self._repeats_since_us >= 100_000:
            self._repeats_since_us, self._repeats = now_us, 0
        most = max(1, int(self._capacity_bps(now_us) * REPEATS_SHARE / 10 / _REPEAT_BITS))
        granted = max(0, min(wanted, most - self._repeats))
        self._repeats += granted
        return granted

    def grew(self, now_us: int) -> None:
        """More is being sent from now on, because the path seemed to carry it."""
        if self._grace is None or now_us >= self._grace[0]:
            self._grace = (now_us + GRACE_US, self._capacity_bps(now_us))

    def drive(self, goal_bps: int, now_us: int) -> None:
        """Set the pace, and probe if more is wanted than the path is known to carry. `goal_bps` without audio."""
        self._pace(self._capacity_bps(now_us))
        known = self._known
        if known is None:
            return
        path = Path(known.estimate_bps, known.probed_bps, known.overusing or self._congested)
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
        capacity = known.estimate_bps
        if self._grace is not None and now_us < self._grace[0] and not self._congested:
            return max(capacity, self._grace[1])
        if known.overusing or self._congested:
            return int(capacity * OVERUSED_SHARE)
        return max(capacity, int(known.acknowledged_bps * ARRIVED_SLACK))

    @property
    def _jammed(self) -> bool:
        return self._known is not None and self._known.jammed

    @property
    def _congested(self) -> bool:
        return self._known is not None and (self._known.jammed or self._known.lossy)

    def _pace(self, capacity_bps: int) -> None:
        heard = self._reported.limited if self._known is None else self._known.feedback_us
        factor = DRAINING_FACTOR if self._congested else PACING_FACTOR
        rate = max(PACE_LEAST_BPS, int(capacity_bps * factor)) if heard else PACE_FIRST_BPS
        if abs(rate - self._paced_bps) > self._paced_bps * _NOTICED:
            self._paced_bps = rate
            self._plane.pace(self._peer, rate)


def _common(lines: Sequence[Mapping[int, str]], uri: str) -> int:
    """The extension's id where every line has it, under one id; else 0. A number that one line does not carry
    would look like a lost packet."""
    ids = {next((number for number, name in line.items() if name == uri), 0) for line in lines}
    return ids.pop() if len(ids) == 1 else 0
