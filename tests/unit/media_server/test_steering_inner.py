"""Layers inside streams are rungs too: tiles, a narrow network and a busy server choose among them."""

from __future__ import annotations

import pytest

from media_server.dataplane.descriptors import ALL_LAYERS
from media_server.ports import Held, Shedding
from tests.fakes.seat import Seat

pytestmark = pytest.mark.unit

ALL = ALL_LAYERS
L1T3 = {(0, 0): 0.5, (0, 1): 0.2, (0, 2): 0.3}
L3T3 = {(s, t): size * share for s, size in enumerate((0.1, 0.3, 0.6)) for t, share in enumerate((0.5, 0.2, 0.3))}


def svc(*names: str) -> Seat:
    """Cameras that send one stream of 900 kbit/s in 180, 360 and 720 lines."""
    seat = Seat(*names, codec="av1", rids=(), inner=L3T3)
    seat.run(8)
    return seat


def test_a_small_tile_gets_the_low_spatial_layer_and_a_large_one_all() -> None:
    seat = svc("a", "b", "c")
    seat.show("a", 320, 180)
    seat.show("b", 640, 360)
    seat.show("c", 1280, 720)
    seat.run(0.2)
    assert [seat.route(name).limits for name in "abc"] == [(0, ALL), (1, ALL), (ALL, ALL)]


def test_a_tile_that_grows_asks_for_a_keyframe_and_one_that_shrinks_does_not() -> None:
    seat = svc("a")
    (layer,) = seat.cameras["a"].publication.layers
    layer.keyframes.arrived()
    seat.show("a", 320, 180)
    seat.run(0.2)
    assert not layer.keyframes.wanted
    seat.show("a", 1280, 720)
    seat.run(0.2)
    assert seat.route("a").limits == (ALL, ALL)
    assert layer.keyframes.wanted
    layer.keyframes.arrived()
    seat.run(0.2)
    assert layer.keyframes.wanted, "its beginning was late: asked for again until the pictures are larger"
    (route,) = seat.plane.routes
    seat.plane.keyframe(route)
    layer.keyframes.arrived()
    seat.run(1)
    assert not layer.keyframes.wanted


def test_a_tile_about_a_threshold_does_not_flap() -> None:
    seat = svc("a")
    seat.show("a", 1000, 455)
    seat.run(0.2)
    before = seat.route("a").limited
    for height in (445, 455, 430, 455):
        seat.show("a", 1000, height)
        seat.run(0.2)
    assert seat.route("a").limits == (ALL, ALL)
    assert seat.route("a").limited == before


def test_a_narrow_network_takes_frames_then_size_and_the_last_layer_stays() -> None:
    seat = svc("a")
    seen = []
    # 900, 738 (half the frames), 360, 252 (half), 90, 63, 45 kbit/s
    for budget in (1_000_000, 800_000, 500_000, 300_000, 100_000, 70_000, 50_000, 30_000):
        seat.run(1.5, budget)
        seen.append(seat.route("a").limits)
    assert seen == [(ALL, ALL), (ALL, 1), (1, ALL), (1, 1), (0, ALL), (0, 1), (0, 0), (0, 0)]
    assert seat.layer("a") == ""
    seat.run(1, 20_000)
    assert seat.states["a"].held is Held.CONGESTION
    seat.run(60)
    assert seat.route("a").limits == (ALL, ALL)
    assert seat.states["a"].held is None


def test_the_floor_keeps_its_frames_while_the_others_lose_theirs() -> None:
    seat = svc("a", "judge")
    seat.stage.floor = ("judge",)
    seat.stage.changed()
    seat.run(1, 1_300_000)
    assert seat.route("judge").limits == (ALL, ALL)
    assert seat.route("a").limits == (1, ALL)
    seat.run(1, 1_180_000)
    assert seat.route("judge").limits == (ALL, ALL)
    assert seat.route("a").limits == (1, 1)


def test_limits_do_not_flap_on_a_network_that_sways() -> None:
    seat = svc("a")
    seat.run(20, 800_000)
    before = seat.route("a").limited
    for number in range(120):
        seat.run(0.5, 800_000 + (number % 3) * 50_000)
    assert seat.route("a").limits == (ALL, 1)
    assert seat.route("a").limited == before


def test_temporal_layers_of_simulcast_go_before_the_encoding_does() -> None:
    seat = Seat("a", inner=L1T3)
    seat.run(8)
    assert (seat.layer("a"), seat.route("a").limits) == ("h", (ALL, ALL))
    seat.run(1.5, 1_200_000)
    assert (seat.layer("a"), seat.route("a").limits) == ("h", (ALL, 1))
    seat.run(1.5, 600_000)
    assert (seat.layer("a"), seat.route("a").limits) == ("m", (ALL, ALL))
    seat.run(1.5, 110_000)
    assert (seat.layer("a"), seat.route("a").limits) == ("l", (ALL, 1))
    seat.run(60)
    assert (seat.layer("a"), seat.route("a").limits) == ("h", (ALL, ALL))


def test_on_the_way_down_to_another_encoding_nothing_more_of_this_one_goes() -> None:
    seat = Seat("a", inner=L1T3)
    seat.run(8)
    seat.run(1.5, 1_200_000)
    seat.plane.waits = True
    seat.run(0.5, 600_000)
    assert (seat.layer("a"), seat.route("a").limits) == ("h", (ALL, 1))
    seat.plane.arrive()
    seat.run(0.2, 600_000)
    assert (seat.layer("a"), seat.route("a").limits) == ("m", (ALL, ALL))


def test_a_busy_server_sends_the_smallest_picture_with_all_its_frames() -> None:
    seat = svc("a", "judge")
    seat.stage.floor = ("judge",)
    seat.stage.shedding = Shedding.LOW_LAYERS
    seat.stage.changed()
    seat.run(0.2)
    assert seat.route("a").limits == (0, ALL)
    assert seat.route("judge").limits == (ALL, ALL)


def test_a_publisher_that_gives_up_its_highest_layer_is_not_waited_for() -> None:
    seat = svc("a")
    camera = seat.cameras["a"]
    seat.show("a", 640, 360)
    seat.run(1)
    assert seat.route("a").limits == (1, ALL)
    camera.inner = {(0, 0): 0.25, (1, 0): 0.75}
    seat.run(20)
    assert seat.layer("a") == ""
    assert seat.states["a"].held is None
    camera.inner = L3T3
    seat.run(20)
    assert seat.route("a").limits == (1, ALL)


def test_a_stream_that_leaves_off_telling_its_layers_is_one_rung() -> None:
    seat = svc("a")
    seat.show("a", 320, 180)
    seat.run(1)
    assert seat.route("a").limits == (0, ALL)
    seat.cameras["a"].inner = {}
    seat.run(12)
    assert seat.route("a").limits == (ALL, ALL)
    seat.run(1, 500_000)
    assert seat.states["a"].held is Held.CONGESTION, "all of it comes: the cost of all counts"
    seat.cameras["a"].inner = L3T3
    seat.run(2, 500_000)
    assert seat.route("a").limits == (0, ALL)
    assert seat.states["a"].held is None


def test_a_stream_that_does_not_tell_its_layers_is_left_whole() -> None:
    seat = Seat("a", codec="h264", rids=())
    seat.run(8)
    seat.show("a", 320, 180)
    seat.run(1)
    assert seat.route("a").limited == 0
    seat.run(1, 700_000)
    assert seat.layer("a") == "", "the last one stays"
    seat.run(1, 500_000)
    assert seat.states["a"].held is Held.CONGESTION
