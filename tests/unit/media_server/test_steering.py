"""What a viewer gets: tiles, the floor, a busy server and a narrow network, over publications with layers."""

from __future__ import annotations

import pytest

from media_server.dataplane.ports import PeerId
from media_server.downlink import START_BPS
from media_server.layers import KEPT_TILES
from media_server.ports import DeliveryState, Held, Shedding
from media_server.sdp import ChosenCodec, Codec
from media_server.subscription import Subscription
from tests.fakes.seat import Seat

pytestmark = pytest.mark.unit


def test_each_tile_gets_the_layer_of_its_size() -> None:
    seat = Seat("a", "b", "c")
    seat.show("a", 1280, 720)
    seat.show("b", 640, 360)
    seat.show("c", 240, 135)
    seat.run(4)
    assert seat.layers() == "h m l"
    assert seat.states["b"] == DeliveryState("track b", None, "m", "m")


def test_a_tile_that_grows_is_sharp_within_half_a_second_of_the_layer_running() -> None:
    seat = Seat("a")
    seat.show("a", 240, 135)
    seat.run(4)
    assert seat.cameras["a"].publication.sent_rids == ("l",)
    seat.show("a", 1280, 720)
    seat.run(0.5)
    assert seat.cameras["a"].publication.sent_rids == ("l", "h")
    assert seat.layer("a") == "h"


def test_what_is_not_on_the_screen_is_not_sent_and_its_layers_stop() -> None:
    seat = Seat("a", "b")
    seat.show("a", 0, 0)
    seat.run(4)
    assert seat.layers() == "- h"
    assert seat.states["a"].held is Held.HIDDEN
    assert seat.cameras["a"].publication.sent_rids == ()
    seat.show("a", 640, 360)
    seat.run(0.5)
    assert seat.layer("a") == "m"


def test_a_narrow_network_takes_the_least_important_first_and_gives_back_in_order() -> None:
    seat = Seat("a", "judge", "b")
    seat.stage.floor = ("judge",)
    seat.run(4)
    assert seat.layers() == "h h h"
    seat.run(1, 700_000)
    assert seat.layers() == "l m -"
    assert seat.states["b"] == DeliveryState("track b", Held.CONGESTION, "", "h")
    assert seat.states["a"].layer == "l"
    seat.run(1, 180_000)
    assert seat.layers() == "- l -"
    seat.run(1, 40_000)
    assert seat.layers() == "- - -"
    seat.run(60)
    assert seat.layers() == "h h h"


def test_while_the_network_is_jammed_what_is_left_stops_at_once() -> None:
    seat = Seat("a")
    seat.show("a", 1280, 720)
    seat.run(4)
    (route,) = seat.plane.routes.values()
    seat.run(0.2, 300_000, jammed=True)
    assert route.stopped
    seat.run(1, 300_000)
    assert seat.layer("a") == "l"
    seat.run(30)
    assert seat.layer("a") == "h"
    assert not route.stopped


def test_a_network_that_becomes_narrow_slowly_keeps_the_picture_until_the_lower_one_is_there() -> None:
    seat = Seat("a")
    seat.show("a", 1280, 720)
    seat.run(4)
    (route,) = seat.plane.routes.values()
    seat.run(1, 300_000)
    assert seat.layer("a") == "l"
    assert not route.stopped


def test_an_exhibit_comes_before_the_audience_and_after_the_speaker() -> None:
    seat = Seat("a", "speaker", screens=("deed",))
    seat.stage.speakers = ("speaker",)
    seat.show("speaker", 640, 360)
    seat.run(4, 1_700_000)
    assert seat.layers() == "l m whole"
    seat = Seat("a", "speaker", screens=("deed",))
    seat.stage.speakers = ("speaker",)
    seat.show("speaker", 640, 360)
    seat.run(4, 1_150_000)
    assert seat.layers() == "m m -"


def test_the_floor_moves_at_once_though_growing_is_held_down() -> None:
    seat = Seat("a", "b")
    seat.stage.floor = ("a",)
    seat.run(4)
    seat.run(1, 800_000)
    assert seat.layers() == "m l"
    seat.stage.floor = ("b",)
    seat.stage.changed()
    seat.run(0.4, 800_000)
    assert seat.layers() == "l m"


def test_a_layer_that_never_comes_is_not_waited_for() -> None:
    seat = Seat("a")
    del seat.cameras["a"].rates_bps["m"]
    seat.show("a", 640, 360)
    seat.run(6)
    assert seat.layer("a") == "l"
    assert "m" in seat.cameras["a"].publication.sent_rids
    seat.cameras["a"].rates_bps["m"] = 500_000
    seat.run(3)
    assert seat.layer("a") == "m"


def test_a_track_with_its_high_layer_only_is_shown_with_it() -> None:
    seat = Seat("a")
    seat.cameras["a"].rates_bps = {"h": 1_500_000}
    seat.show("a", 240, 135)
    seat.run(6)
    assert seat.layer("a") == "h"
    assert seat.states["a"].held is None


def test_a_publisher_that_loses_its_high_layer_is_followed_down_and_up() -> None:
    seat = Seat("a")
    seat.run(4)
    rate = seat.cameras["a"].rates_bps.pop("h")
    seat.run(1.5)
    assert seat.layer("a") in ("m", "l")
    seat.cameras["a"].rates_bps["h"] = rate
    seat.run(3)
    assert seat.layer("a") == "h"


def test_a_still_screen_is_not_taken_for_gone() -> None:
    seat = Seat("a")
    seat.run(4)
    seat.cameras["a"].rates_bps = {}
    seat.run(30)
    assert seat.layer("a") == "h"


def test_a_busy_server_sends_who_matters_and_a_few() -> None:
    names = [f"p{number}" for number in range(9)]
    seat = Seat(*names, screens=("x",))
    seat.stage.floor, seat.stage.speakers = ("p7",), ("p8",)
    seat.run(4)
    seat.stage.shedding = Shedding.FEWER_TILES
    seat.stage.changed()
    seat.run(0.2)
    sent = [name for name in seat.cameras if seat.layer(name) != "-"]
    assert sent == [*names[:KEPT_TILES], "p7", "p8", "x"]
    assert seat.states["p5"].held is Held.LOAD
    seat.stage.shedding = Shedding.LOW_LAYERS
    seat.stage.changed()
    seat.run(0.2)
    assert [seat.layer(name) for name in sent] == ["l", "l", "l", "l", "h", "l", ""]
    seat.stage.shedding = Shedding.NONE
    seat.stage.changed()
    seat.run(6)
    assert seat.layers() == " ".join(["h"] * 9 + ["whole"])


def test_plain_videos_show_at_once_before_they_were_measured() -> None:
    seat = Seat(screens=("x", "y", "z"))
    seat.run(0.2, START_BPS)
    assert seat.layers() == "whole whole whole"


def test_rules_come_first() -> None:
    seat = Seat("a", "b")
    seat.copies["a"].allow(False)
    seat.run(4, 200_000)
    assert seat.states["a"].held is Held.RULES
    assert seat.layers() == "- l"


def test_nothing_is_told_while_nothing_changes() -> None:
    seat = Seat("a", "b", "c")
    seat.run(4)
    told = seat.told
    seat.run(60)
    assert seat.told == told


def test_a_joiner_begins_with_the_cache_or_one_wish() -> None:
    seat = Seat("a")
    seat.plane.cached = True
    seat.run(0.1)
    assert [route.replayed for route in seat.plane.routes.values()] == [True]
    publication = seat.cameras["a"].publication
    assert not any(layer.keyframes.wanted for layer in publication.layers)


def test_a_thousand_joins_within_a_second_cost_one_keyframe_request() -> None:
    seat = Seat("a")
    publication = seat.cameras["a"].publication
    assert publication.layer is not None
    chosen = ChosenCodec(Codec(96, "vp8", 90_000), None, {})
    asked = 0
    for number in range(1000):
        now_us = seat.now_us + number * 1000
        copy = Subscription(seat.plane, PeerId(100 + number), publication, chosen, number, None)  # type: ignore[arg-type]
        copy.connect()
        asked += sum(layer.keyframes.due(now_us) for layer in publication.layers)
        if number == 80:
            # The publisher has answered: who comes now gets the cache.
            publication.layer.keyframes.arrived()
            seat.plane.cached = True
    assert asked == 1
    assert sum(route.replayed for route in seat.plane.routes.values()) == 1000 - 81
