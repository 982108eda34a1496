"""A gate room of one beside the hearing's room: nothing of it reaches anybody until the person is handed over."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from media_server.dataplane import make_data_plane
from media_server.ports import Direction, PublicationInfo, SenderReport
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from tests.fakes.made_room import MadeRoom, made_sfu, plane_named, until
from tests.fakes.room_listener import Told

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


class Listener:
    """An inner subscriber (as the recorder and the transcriber are): participants of the packets that it got."""

    def __init__(self) -> None:
        self.started: list[PublicationInfo] = []
        self.heard: list[str] = []
        self.ended: list[str] = []

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        self.started.append(publication)

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        self.heard.append(publication_id)

    def track_report(self, publication_id: str, report: SenderReport) -> None: ...

    def track_ended(self, publication_id: str) -> None:
        self.ended.append(publication_id)


class House:
    """`gate` and `hall` share people, sockets and the data plane."""

    def __init__(self, gate: MadeRoom, hall: MadeRoom) -> None:
        self.gate, self.hall = gate, hall
        self.admitted: set[str] = {"judge", "clerk", "bailiff"}
        hall.room.set_rules(
            lambda who, kind: who in self.admitted,
            lambda viewer, sender, kind: viewer != sender and {viewer, sender} <= self.admitted,
        )

    def admit(self, who: str) -> None:
        self.admitted.add(who)
        self.gate.room.hand_over(who, self.hall.room)
        self.hall.room.refresh()


@pytest.fixture(params=["plain", "native"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    plane = plane_named(request.param)
    sfu = await made_sfu(plane)
    at_gate, in_hall = Told(), Told()
    hall = sfu.open_room("session", in_hall)
    gate = sfu.open_room("gate", at_gate, beside="session")
    made = House(MadeRoom(sfu, plane, gate, at_gate), MadeRoom(sfu, plane, hall, in_hall))
    yield made
    await made.gate.close()
    await made.hall.close()


async def test_nothing_passes_before_the_verdict_and_the_same_connection_goes_on_after_it(house: House) -> None:
    record, looker = Listener(), Listener()
    house.hall.room.attach(record)
    house.gate.room.attach(looker)
    await house.hall.publish("judge", 1, "l")
    clerk = await house.hall.view("clerk", 2, house.hall.told.added)
    publisher = await house.gate.publish("plaintiff", 3, "l")
    tracks = {info.id for info in house.gate.told.added}
    await until(lambda: tracks <= set(looker.heard))

    # The plaintiff's own tracks are none of the hall's, whoever asks for them.
    assert not tracks & {info.id for info in house.hall.room.publications()}
    eavesdropper = await house.hall.view("bailiff", 4, house.gate.told.added)
    # Nor does the plaintiff, without a verdict, get anything of the hall.
    stranger = await house.hall.view("plaintiff", 5, house.hall.told.added)
    await until(lambda: len(clerk.seen) > 25 and len(clerk.heard) > 50)
    assert (stranger.heard, stranger.seen) == (eavesdropper.heard, eavesdropper.seen) == ([], [])
    assert not tracks & set(record.heard)

    address = publisher.client.address
    house.admit("plaintiff")
    await until(lambda: tracks <= set(record.heard))
    assert set(looker.ended) == tracks
    assert tracks <= {info.id for info in house.hall.room.publications("judge")}
    assert house.gate.room.publications() == []
    assert ("plaintiff", Direction.SEND) in house.hall.told.connected
    viewer = await house.hall.view("judge", 6, [info for info in house.hall.told.added if info.id in tracks])
    await until(lambda: viewer.heard and viewer.seen)
    assert (eavesdropper.heard, stranger.heard, publisher.client.address) == ([], [], address)


async def test_what_leaves_the_gate_room_is_looked_at_no_more(house: House) -> None:
    looker = Listener()
    house.gate.room.attach(looker)
    await house.gate.publish("plaintiff", 1, "lm")
    await until(lambda: len(looker.heard) > 20)
    house.admit("plaintiff")
    record = Listener()
    house.hall.room.attach(record)
    seen = len(looker.heard)
    await until(lambda: len(record.heard) > 50)
    assert len(looker.heard) == seen
    house.gate.room.hand_over("plaintiff", house.hall.room)
    await house.gate.room.close()
    await until(lambda: len(record.heard) > 100)


async def test_a_room_on_another_data_plane_is_refused() -> None:
    one, other = make_data_plane("plain"), make_data_plane("plain")
    sfu = Sfu(SfuSettings(), one, other)
    await sfu.start()
    try:
        first = sfu.open_room("a", Told())
        second = sfu.open_room("b", Told())
        assert first.ground is not second.ground
        beside: Room = sfu.open_room("c", Told(), beside="a")
        assert beside.ground is first.ground
        with pytest.raises(ValueError, match="another data plane"):
            first.hand_over("x", second)
        with pytest.raises(KeyError):
            sfu.open_room("d", Told(), beside="nothing")
    finally:
        await sfu.close()
