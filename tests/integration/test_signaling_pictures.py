"""Pictures as large as they are shown: what a page says of its tiles, and what it is told of its media."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from media_server.ports import DeliveryState, Direction, Held, Kind, LossReason, PublicationInfo, Source, View
from media_server.room import Room
from signaling.courtroom import Courtroom
from tests.fakes.courthouse import ID, Courthouse, Page, courthouse

pytestmark = pytest.mark.integration


@dataclass
class Scene:
    """Judge and plaintiff at their pages; what the media room was asked."""

    court: Courthouse
    room: Courtroom
    judge: Page
    plaintiff: Page
    views: list[tuple[str, str, View, str]]
    floors: list[tuple[str, ...]]


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with _scene(monkeypatch) as made:
        yield made


@asynccontextmanager
async def _scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    views: list[tuple[str, str, View, str]] = []
    floors: list[tuple[str, ...]] = []

    def set_view(room: Room, viewer: str, publication: str, view: View, *, resource: str = "page") -> None:
        views.append((viewer, publication, view, resource))

    def set_floor(room: Room, participants: Sequence[str]) -> None:
        floors.append(tuple(participants))

    monkeypatch.setattr(Room, "set_view", set_view, raising=False)
    monkeypatch.setattr(Room, "set_floor", set_floor, raising=False)
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        room = court.room(session)
        yield Scene(court, room, judge, plaintiff, views, floors)


def _camera(participant: str, publication: str = "p1", source: Source = Source.CAMERA) -> PublicationInfo:
    return PublicationInfo(id=publication, participant=participant, kind=Kind.VIDEO, source=source, codec="h264")


async def _settled(page: Page) -> None:
    """Everything said to the page, or by it, before now has arrived."""
    page.counter += 1
    await page.say(type="ping", sent_ms=page.counter)
    await page.hear("pong", sent_ms=page.counter)


async def test_sizes_of_tiles_reach_the_room_as_the_pages_own(scene: Scene) -> None:
    tiles = [{"publication": "p1", "width": 1280, "height": 720}, {"publication": "gone", "width": 0, "height": 0}]
    await scene.judge.say(type="views", views=tiles)
    await _settled(scene.judge)
    assert scene.views == [
        (ID["judge"], "p1", View(1280, 720), "page"),
        (ID["judge"], "gone", View(0, 0), "page"),
    ]


@pytest.mark.parametrize(
    ("views", "named"),
    [
        ([{"publication": "p", "width": -1, "height": 9}], "width"),
        ([{"publication": "p", "width": 1, "height": 16_385}], "height"),
        ([{"publication": "p", "width": 1.5, "height": 9}], "width"),
        ([{"publication": "p" * 101, "width": 1, "height": 1}], "publication"),
        ([{"publication": "p", "width": 1}], "height"),
        ([{"publication": "p", "width": 1, "height": 1, "participant": "judge"}], "participant"),
        ([{"publication": "p", "width": 1, "height": 1}] * 257, "views"),
        ("all", "views"),
    ],
)
async def test_a_bad_list_of_tiles_is_refused_by_name(scene: Scene, views: Any, named: str) -> None:
    await scene.judge.say(type="views", views=views)
    error = await scene.judge.hear("error")
    assert error["code"] == "bad-message"
    assert named in error["en"]
    assert scene.views == []


async def test_as_many_tiles_as_a_page_may_have_are_taken(scene: Scene) -> None:
    tiles = [{"publication": f"p{n}", "width": 160, "height": 90} for n in range(256)]
    await scene.judge.say(type="views", views=tiles)
    await _settled(scene.judge)
    assert len(scene.views) == 256


async def test_wanted_layers_are_told_to_their_publisher_alone(scene: Scene) -> None:
    scene.room.layers_wanted(_camera(ID["plaintiff"]), ["l", "m"])
    scene.room.layers_wanted(_camera("01WHIPNOBODYATAPAGE0000001"), ["l"])
    told = await scene.plaintiff.hear("layers")
    assert told == {"type": "layers", "publication": "p1", "source": "camera", "rids": ["l", "m"]}
    await _settled(scene.judge)
    assert not [message for message in scene.judge.heard if message["type"] == "layers"]


async def test_what_arrives_is_told_to_its_viewer_alone_and_not_of_other_connections(scene: Scene) -> None:
    states = [
        DeliveryState("p1", Held.CONGESTION, "", "h"),
        DeliveryState("p2", None, "l", "m"),
    ]
    scene.room.delivery_changed(ID["judge"], "whep-1", [DeliveryState("p9", None, "", "")])
    scene.room.delivery_changed(ID["judge"], "page", states)
    told = await scene.judge.hear("deliveries")
    assert told["tracks"] == [
        {"publication": "p1", "held": "congestion", "layer": "", "wanted_layer": "h"},
        {"publication": "p2", "held": None, "layer": "l", "wanted_layer": "m"},
    ]
    await _settled(scene.plaintiff)
    assert not [message for message in scene.plaintiff.heard if message["type"] == "deliveries"]


async def test_who_has_the_floor_comes_first_then_who_presides(scene: Scene) -> None:
    clerk = await scene.court.connect(scene.room.session, "clerk")
    await clerk.do("move", move="gather")
    await scene.judge.do("move", move="open")
    lines: list[list[str]] = []
    for holder in (None, "plaintiff", "judge", None):
        if lines or holder:
            done = await scene.judge.do("floor", participant=holder and ID[holder])
            assert done["type"] == "done", done
        lines.append([next(seat for seat, id in ID.items() if id == who) for who in scene.floors[-1]])
    assert lines == [["judge"], ["plaintiff", "judge"], ["judge"], ["judge"]]


async def _back(scene: Scene, page: Page) -> Page:
    """The page's connection dies, and it resumes."""
    page.kill()
    again = await scene.court.open(credential=page.welcome["credential"], last_seq=scene.room.seq)
    await again.welcomed()
    return again


async def test_a_page_that_was_away_is_told_the_newest_again(scene: Scene) -> None:
    scene.room.layers_wanted(_camera(ID["plaintiff"]), ["l"])
    scene.room.layers_wanted(_camera(ID["plaintiff"]), ["l", "m", "h"])
    scene.room.delivery_changed(ID["plaintiff"], "page", [DeliveryState("p2", Held.LOAD, "", "m")])
    again = await _back(scene, scene.plaintiff)
    assert (await again.hear("layers"))["rids"] == ["l", "m", "h"]
    assert (await again.hear("deliveries"))["tracks"][0]["held"] == "load"


async def test_what_has_ended_is_not_told_again(scene: Scene) -> None:
    scene.room.layers_wanted(_camera(ID["plaintiff"]), ["l"])
    scene.room.delivery_changed(ID["plaintiff"], "page", [DeliveryState("p2", Held.LOAD, "", "m")])
    scene.room.publication_removed(_camera(ID["plaintiff"]))
    scene.room.peer_lost(ID["plaintiff"], Direction.RECEIVE, LossReason.CLOSED)
    again = await _back(scene, scene.plaintiff)
    await _settled(again)
    assert not {"layers", "deliveries"} & {message["type"] for message in again.heard}
