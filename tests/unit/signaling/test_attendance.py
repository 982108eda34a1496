"""Silence becomes `dropped` after its time, with the evidence; a resume in between undoes it."""

from __future__ import annotations

import pytest

from hearing.participant import Presence
from media_server.ports import Direction, LossReason
from records.errors import StoreUnavailable
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from signaling.attendance import Attendance
from signaling.media.speech import HOLD_US, SpeechLog
from tests.fakes.hearings import FakeTime, created

pytestmark = pytest.mark.unit


class Scene:
    def __init__(self, ledger: Ledger, time: FakeTime, store: MemoryStore) -> None:
        self.ledger, self.time, self.store = ledger, time, store
        self.attendance = Attendance(ledger, lambda: time.monotonic_us, silence_ms=10_000)

    def presence(self, participant: str = "plaintiff") -> Presence:
        return self.ledger.hearing.people[participant].presence

    async def evidence(self) -> str:
        return [e.event.evidence async for e in self.ledger.entries() if hasattr(e.event, "evidence")][-1]


@pytest.fixture
async def scene() -> Scene:
    time, store = FakeTime(), MemoryStore()
    ledger = await Ledger.create(store, CourtKey.generate(), time.sources(), "S", created(), "clerk")
    await ledger.arrived("plaintiff", "ticket")
    return Scene(ledger, time, store)


async def test_dropped_when_the_silence_has_lasted(scene: Scene) -> None:
    scene.attendance.lost("plaintiff", "connection reset", at_once=False)
    scene.time.pass_ms(9_999)
    await scene.attendance.settle()
    assert scene.presence() is Presence.WAITING
    scene.time.pass_ms(1)
    await scene.attendance.settle()
    assert scene.presence() is Presence.DROPPED
    assert await scene.evidence() == "connection reset"


async def test_a_resume_in_time_leaves_no_trace(scene: Scene) -> None:
    scene.attendance.lost("plaintiff", "connection reset", at_once=False)
    scene.time.pass_ms(9_000)
    scene.attendance.connected("plaintiff")
    scene.time.pass_ms(60_000)
    await scene.attendance.settle()
    assert scene.presence() is Presence.WAITING


async def test_lost_media_is_evidence_and_a_page_outlives_it(scene: Scene) -> None:
    scene.attendance.media_lost("plaintiff", Direction.SEND, LossReason.CONSENT, has_page=True)
    await scene.attendance.settle()
    assert scene.presence() is Presence.WAITING
    scene.attendance.lost("plaintiff", "no sign of life", at_once=True)
    await scene.attendance.settle()
    assert await scene.evidence() == "no sign of life; media send lost (consent) at 0 ms"


async def test_who_came_by_media_alone_drops_with_it(scene: Scene) -> None:
    scene.attendance.came_by_media("plaintiff")
    scene.attendance.media_lost("plaintiff", Direction.SEND, LossReason.CLOSED, has_page=False)
    await scene.attendance.settle()
    assert scene.presence() is Presence.WAITING
    scene.attendance.media_lost("plaintiff", Direction.SEND, LossReason.CONSENT, has_page=False)
    await scene.attendance.settle()
    assert scene.presence() is Presence.DROPPED
    assert scene.attendance.media_up("plaintiff", Direction.SEND) is True


async def test_a_store_that_refuses_is_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(entries: object) -> None:
        raise StoreUnavailable("disk full")

    scene.attendance.lost("plaintiff", "connection reset", at_once=True)
    with monkeypatch.context() as broken:
        broken.setattr(scene.store, "append", refuse)
        await scene.attendance.settle()
        assert scene.presence() is Presence.WAITING
    await scene.attendance.settle()
    assert scene.presence() is Presence.DROPPED


async def test_a_cough_is_no_turn_of_speech(scene: Scene) -> None:
    from hearing.commands import MoveSession
    from hearing.session import Move

    await scene.ledger.arrived("judge", "ticket")
    await scene.ledger.arrived("clerk", "ticket")
    for actor, move in (("clerk", Move.GATHER), ("judge", Move.OPEN)):
        await scene.ledger.do(actor, MoveSession(move=move, override="测试"))
    speech, now_us = SpeechLog(scene.ledger), 1_000_000
    speech.heard(["judge"], now_us)
    await speech.settle(now_us + HOLD_US)
    assert scene.ledger.hearing.speakers == ("judge",)
    speech.heard(["plaintiff", "judge"], now_us + HOLD_US)
    await speech.settle(now_us + 2 * HOLD_US - 1)
    speech.heard(["judge"], now_us + 2 * HOLD_US - 1)
    await speech.settle(now_us + 4 * HOLD_US)
    assert scene.ledger.hearing.speakers == ("judge",)
    speech.heard([], now_us + 5 * HOLD_US)
    await speech.settle(now_us + 9 * HOLD_US)
    assert scene.ledger.hearing.speakers == ("judge",)
