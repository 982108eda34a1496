"""A busy node gives up pictures, then sharpness, then newcomers; never sound, never the record."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hearing.errors import UserError
from media_server.dataplane.plain import PlainDataPlane
from media_server.layers import KEPT_TILES
from media_server.load_meter import LoadMeter
from media_server.ports import DeliveryState, Direction, Held, PublicationInfo, SenderReport, Shedding
from media_server.sfu import Sfu, SfuSettings
from media_server.stress import Limits, Sample
from tests.fakes.made_peers import made_offer
from tests.fakes.made_room import MadeRoom, made_room, until
from tests.fakes.room_listener import Told

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

OTHERS = KEPT_TILES + 2


class Recorder:
    """Counts."""

    def __init__(self) -> None:
        self.packets: dict[str, int] = {}

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        self.packets[publication.id] = 0

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        self.packets[publication_id] += 1

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        pass

    def track_ended(self, publication_id: str) -> None:
        pass


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MadeRoom]:
    # The load is made up: what this machine does meanwhile must not mix in.
    monkeypatch.setattr(LoadMeter, "woke", lambda self, late_s: None)
    async with made_room(PlainDataPlane(), Limits(cores=1.0)) as made:
        yield made


@dataclass
class Load:
    """A made-up load of the node, second by second."""

    house: MadeRoom
    now_s: float = 0.0

    def press(self, cpu: float, level: Shedding) -> None:
        """Minutes of this load, until the level is reached."""
        for _ in range(200):
            self.house.sfu.measured(Sample(cpu, 1.0, 0.0, 1000), self.now_s)
            self.now_s += 1
            if self.house.sfu.load().shedding is level:
                return
        raise AssertionError(f"{level} was not reached: {self.house.sfu.load()}")


async def test_a_node_under_stress(house: MadeRoom) -> None:
    recorder, load = Recorder(), Load(house)
    house.room.attach(recorder)
    await house.publish("judge", 1, "lh")
    await house.publish("clerk", 2, "lh")
    for number in range(OTHERS - 1):
        await house.publish(f"creditor {number}", 10 + number, "l")
    house.room.set_floor(["judge"])
    viewer = await house.view("viewer", 50, house.told.added)

    def states() -> dict[str, DeliveryState]:
        names = {info.id: info.participant for info in house.told.added}
        told = house.told.deliveries.get(("viewer", "page"), [[]])[-1]
        return {names[state.publication_id]: state for state in told}

    def layers() -> dict[str, str]:
        return {name: state.layer for name, state in states().items() if state.held is None}

    everybody = OTHERS + 1
    await until(lambda: len(layers()) == everybody and layers()["judge"] == layers()["clerk"] == "h", 30)

    load.press(0.95, Shedding.FEWER_TILES)
    await until(lambda: len(layers()) == 1 + KEPT_TILES)
    assert {state.held for state in states().values()} == {None, Held.LOAD}
    assert layers()["judge"] == "h"

    load.press(1.05, Shedding.LOW_LAYERS)
    await until(lambda: layers()["clerk"] == "l")
    assert layers()["judge"] == "h"
    assert states()["clerk"].wanted_layer == "h"

    load.press(1.5, Shedding.NO_JOINS)
    with pytest.raises(UserError) as busy:
        await house.room.answer("stranger", Direction.SEND, made_offer(60, sends=True), {"0": "microphone"})
    assert busy.value.code == "media-busy"
    # Who was here before comes back: a page that is loaded anew is no newcomer.
    offer = made_offer(61, sends=True)
    await house.room.answer("creditor 0", Direction.SEND, offer, {"0": "microphone"}, resource="again")

    since_s, taped = time.monotonic(), dict(recorder.packets)
    await until(lambda: sum(at > since_s for at in viewer.heard) > 50)
    await until(lambda: all(recorder.packets[track] > count + 20 for track, count in taped.items()))

    load.press(0.1, Shedding.NONE)
    await until(lambda: len(layers()) == everybody and layers()["clerk"] == "h", 30)
    await house.room.answer("stranger", Direction.SEND, made_offer(62, sends=True), {"0": "microphone"})


async def test_rooms_share_data_planes() -> None:
    planes = [PlainDataPlane(), PlainDataPlane()]
    sfu = Sfu(SfuSettings(consent_timeout_s=600, video_codecs=("vp8",)), *planes)
    await sfu.start()
    rooms = [sfu.open_room(name, Told()) for name in ("one", "two", "three")]
    ports = set()
    for number, room in enumerate(rooms):
        answer = await room.answer(
            "judge", Direction.SEND, made_offer(number + 1, sends=True), {"0": "microphone", "1": "camera"}
        )
        ports.add(next(line.split()[5] for line in answer.sdp.splitlines() if line.startswith("a=candidate")))
    assert len(ports) == 2
    assert len(sfu.peers) == 3
    await sfu.close()
    assert list(sfu.peers) == []
