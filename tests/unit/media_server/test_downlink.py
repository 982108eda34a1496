"""The path to a viewer: budget, pace, probes and repeats, from made-up knowledge of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from media_server.bandwidth import ReportedCapacity
from media_server.dataplane.ports import Bandwidth, HopExtensions, PeerId
from media_server.downlink import GRACE_US, PACE_FIRST_BPS, PACING_FACTOR, Budget, Downlink
from media_server.sdp import ABS_SEND_TIME, TRANSPORT_CC
from tests.fakes.route_plane import RoutePlane

pytestmark = pytest.mark.unit

VIEWER = PeerId(9)
LINE: Mapping[int, str] = {2: ABS_SEND_TIME, 3: TRANSPORT_CC}
KNOWN = Bandwidth(2_000_000, 0, 0.0, 0.0, False, False, 0, 1, 20_000)
SECOND_US = 1_000_000


@pytest.fixture
def plane() -> RoutePlane:
    made = RoutePlane()
    made.known = KNOWN
    return made


@pytest.fixture
def downlink(plane: RoutePlane) -> Downlink:
    made = Downlink(plane, VIEWER)  # type: ignore[arg-type]
    made.negotiated([LINE, LINE])
    return made


def test_packets_are_numbered_only_where_every_line_says_so(plane: RoutePlane, downlink: Downlink) -> None:
    assert plane.hops[VIEWER] == HopExtensions(transport_cc=3, abs_send_time=2)
    downlink.negotiated([LINE, {2: ABS_SEND_TIME}])
    assert plane.hops[VIEWER] == HopExtensions(transport_cc=0, abs_send_time=2)
    downlink.negotiated([LINE, {2: ABS_SEND_TIME, 4: TRANSPORT_CC}])
    assert plane.hops[VIEWER] == HopExtensions(transport_cc=0, abs_send_time=2)


def test_audio_goes_first_and_videos_share_the_rest(downlink: Downlink) -> None:
    for tick in range(10):
        downlink.audio.add(5_000, tick * 100_000)
    assert downlink.video_budget(SECOND_US) == Budget(1_600_000, 1_600_000)


def test_what_arrives_may_stay_but_growing_needs_the_estimate(plane: RoutePlane, downlink: Downlink) -> None:
    plane.known = replace(KNOWN, acknowledged_bps=3_000_000)
    budget = downlink.video_budget(SECOND_US)
    assert budget.keep_bps > 3_000_000
    assert budget.grow_bps == 2_000_000


@pytest.mark.parametrize("trouble", [{"overusing": True}, {"loss": 0.3}, {"jammed": True}])
def test_a_standing_queue_is_emptied_and_not_probed(
    plane: RoutePlane, downlink: Downlink, trouble: dict[str, float]
) -> None:
    plane.known = replace(KNOWN, acknowledged_bps=3_000_000, **trouble)  # type: ignore[arg-type]
    assert downlink.video_budget(SECOND_US).keep_bps < 2_000_000
    downlink.drive(9_000_000, SECOND_US)
    assert plane.probes == []


def test_after_growing_a_cut_estimate_is_not_believed_at_once(plane: RoutePlane, downlink: Downlink) -> None:
    downlink.video_budget(SECOND_US)
    downlink.grew(SECOND_US)
    plane.known = replace(KNOWN, estimate_bps=700_000, overusing=True)
    assert downlink.video_budget(SECOND_US + GRACE_US - 1).keep_bps == 2_000_000
    assert downlink.video_budget(SECOND_US + GRACE_US).keep_bps < 700_000
    downlink.grew(9 * SECOND_US)
    plane.known = replace(plane.known, loss=0.3)
    assert downlink.video_budget(9 * SECOND_US + 1).keep_bps < 700_000


def test_a_jam_is_noticed_between_two_looks(plane: RoutePlane, downlink: Downlink) -> None:
    assert not downlink.video_budget(SECOND_US).jammed
    assert not downlink.became_jammed()
    plane.known = replace(KNOWN, jammed=True)
    assert downlink.became_jammed()
    assert downlink.video_budget(SECOND_US).jammed
    assert not downlink.became_jammed(), "known by now"


def test_the_pace_follows_the_estimate_and_is_quick_before_anything_is_known(
    plane: RoutePlane, downlink: Downlink
) -> None:
    plane.known = replace(KNOWN, feedback_us=0)
    downlink.video_budget(0)
    downlink.drive(0, 0)
    plane.known = KNOWN
    for now_us in (100_000, 200_000):
        downlink.video_budget(now_us)
        downlink.drive(0, now_us)
    assert plane.paces == [PACE_FIRST_BPS, int(2_000_000 * PACING_FACTOR)]


def test_what_is_wanted_and_not_carried_is_probed_for(plane: RoutePlane, downlink: Downlink) -> None:
    downlink.video_budget(SECOND_US)
    downlink.drive(1_900_000, SECOND_US)
    assert plane.probes == []
    downlink.drive(5_000_000, SECOND_US)
    assert plane.probes == [5_000_000]


def test_nothing_grows_while_a_probe_may_show_that_more_fits(plane: RoutePlane, downlink: Downlink) -> None:
    grown = []
    for tick in range(10, 60):
        now_us = tick * SECOND_US // 10
        grown.append(downlink.video_budget(now_us).grow_bps > 0)
        downlink.drive(50_000_000, now_us)
        probed_bps = plane.probes[-1]
        plane.known = replace(KNOWN, estimate_bps=probed_bps, probed_bps=probed_bps)
    assert len(plane.probes) == 5
    assert all(grown[:12]), "the first two are sent while a page opens"
    assert not any(grown[15:25])
    assert all(grown[-5:])


def test_repeats_are_bounded_only_while_the_path_is_congested(plane: RoutePlane, downlink: Downlink) -> None:
    downlink.video_budget(SECOND_US)
    assert downlink.may_repeat(200, SECOND_US) == 200
    plane.known = replace(KNOWN, loss=0.15)
    downlink.video_budget(SECOND_US)
    assert downlink.may_repeat(200, SECOND_US) == 200, "a bad radio: repeats keep its pictures whole"
    plane.known = replace(KNOWN, estimate_bps=400_000, loss=0.4)
    downlink.video_budget(2 * SECOND_US)
    granted = sum(downlink.may_repeat(50, 2 * SECOND_US + tick * 20_000) for tick in range(50))
    assert 5 <= granted <= 20


def test_what_a_path_loses_at_any_rate_is_no_congestion(plane: RoutePlane, downlink: Downlink) -> None:
    plane.known = replace(KNOWN, loss=0.15)
    downlink.video_budget(SECOND_US)
    downlink.drive(1_000_000, SECOND_US)
    plane.known = replace(KNOWN, loss=0.15, inherent_loss=0.14)
    downlink.video_budget(2 * SECOND_US)
    downlink.drive(1_000_000, 2 * SECOND_US)
    draining_bps, bps = plane.paces[-2:]
    assert draining_bps is not None
    assert bps is not None
    assert draining_bps < KNOWN.estimate_bps < bps


def test_a_viewer_without_transport_cc_is_believed_by_its_reports(plane: RoutePlane) -> None:
    downlink = Downlink(plane, VIEWER)  # type: ignore[arg-type]
    downlink.negotiated([{}])
    plane.known = replace(KNOWN, estimate_bps=1)
    assert downlink.video_budget(0).keep_bps == ReportedCapacity.START_BPS
    downlink.remb(300_000, 0)
    assert downlink.video_budget(1).grow_bps == 300_000
    downlink.drive(5_000_000, 1)
    assert plane.probes == []


def test_loss_lowers_and_its_absence_raises_what_reports_allow() -> None:
    capacity = ReportedCapacity()
    capacity.reported(0.4, 1_000_000, SECOND_US)
    capacity.reported(0.4, 1_000_000, SECOND_US + 1)
    assert capacity.bits_per_second(2 * SECOND_US) == 800_000
    for second in range(2, 40):
        capacity.reported(0.05, 1_000_000, second * SECOND_US)
    assert capacity.bits_per_second(40 * SECOND_US) == 800_000
    for second in range(40, 60):
        capacity.reported(0.0, 1_000_000, second * SECOND_US)
    assert 1_800_000 < capacity.bits_per_second(60 * SECOND_US) < 2_400_000
    for second in range(60, 100):
        capacity.reported(1.0, 0, second * SECOND_US)
    assert capacity.bits_per_second(100 * SECOND_US) == ReportedCapacity.LEAST_BPS


def test_loss_of_the_little_that_is_sent_does_not_lower_what_may_be_sent_to_that_little() -> None:
    capacity = ReportedCapacity()
    for number in range(3):
        capacity.reported(0.2, 20_000, (number + 1) * SECOND_US)
    assert capacity.bits_per_second(4 * SECOND_US) > ReportedCapacity.START_BPS * 0.7


def test_reports_without_loss_know_no_limit_to_pace_by(plane: RoutePlane) -> None:
    downlink = Downlink(plane, VIEWER)  # type: ignore[arg-type]
    downlink.negotiated([{}])
    downlink.reported(0.0, 0, SECOND_US)
    downlink.drive(0, SECOND_US)
    assert plane.paces == [PACE_FIRST_BPS]
    downlink.reported(0.2, ReportedCapacity.START_BPS, 2 * SECOND_US)
    downlink.drive(0, 2 * SECOND_US)
    assert plane.paces == [PACE_FIRST_BPS, int(ReportedCapacity.START_BPS * 0.9 * PACING_FACTOR)]


def test_an_old_remb_is_forgotten() -> None:
    capacity = ReportedCapacity()
    capacity.remb(100_000, 0)
    assert capacity.bits_per_second(SECOND_US) == 100_000
    assert capacity.bits_per_second(6 * SECOND_US) == ReportedCapacity.START_BPS
