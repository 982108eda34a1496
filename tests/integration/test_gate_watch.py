"""The watch over a seat, with real video through the server and the program's own engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection

from config.settings import load
from hearing.events import Entry
from hearing.identity_events import SeatChecked, WatchChanged
from identity.pool import FacePool
from identity.ports import ChallengeResult
from identity.vault import SEALED, Purpose, Vault
from identity.watch import WatchRules
from identity.watch_schedule import Pace
from media_server.ports import PublicationInfo, SenderReport
from signaling.web import WATCH
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.courthouse import Page, courthouse
from tests.fakes.gate_tools import NUMBER, OneNameRegistry
from tests.fakes.gate_visit import FACE, GatedCourt, gated, leave
from tests.fakes.seat_camera import FPS, SeatCamera, seat_picture, send_camera
from yunting.gate import gate_tools

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ME, AGAIN, OTHER = "obama.jpg", "obama2.jpg", "biden.jpg"
# The SFU asks a camera for one keyframe a second at most, so a quicker pace would be no quicker.
HASTY = Pace(every_ms=1_000, whole_ms=3_000, budget=4.0)
RULES = WatchRules(absent_ms=1_000, multiple_ms=1_000)


@dataclass
class Scene:
    """The visitor sits in an open courtroom with a camera; judge and clerk look at their consoles."""

    gate: GatedCourt
    camera: SeatCamera
    clerk: Page
    judge: Page
    visitor: Page
    photos: Path

    def show(self, *photos: str) -> None:
        self.camera.picture = seat_picture(*(self.photos / name for name in photos))

    async def told(self, state: str, checked: bool = False) -> None:
        """Clerk and judge hear that the visitor's seat, and no other, is so."""
        wanted = (self.gate.visitor.participant, state, checked)
        async with asyncio.timeout(60):
            for page in (self.clerk, self.judge):
                chips: list[tuple[str, str, bool]] = []
                while chips != [wanted]:
                    message = await page.hear("watch", within_s=60)
                    chips = [(chip["participant"], chip["state"], chip["checked"]) for chip in message["chips"]]

    async def frames(self, count: int) -> None:
        """So many more pictures of the visitor's camera go by."""
        last = self.camera.shown + count
        await until(lambda: self.camera.shown >= last)

    async def entries(self) -> list[Entry]:
        """All that the log says of the watch."""
        ledger = await self.gate.court.services.book.get(self.gate.session)
        return [entry async for entry in ledger.entries() if isinstance(entry.event, WatchChanged | SeatChecked)]

    async def states(self) -> list[str]:
        """What the watch saw, one after the other."""
        return [e.event.state for e in await self.entries() if isinstance(e.event, WatchChanged)]

    @property
    def watched(self) -> int:
        return self.gate.court.app[WATCH].runner.seats


class Counter:
    """A `Subscriber` that counts frames."""

    frames = 0

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        pass

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        self.frames += rtp[1] >> 7

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        pass

    def track_ended(self, publication_id: str) -> None:
        pass


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def sitting(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    data_dir: Path,
    codec: str = "video/VP8",
    came: Callable[[GatedCourt, Path], Awaitable[None]] | None = None,
) -> AsyncIterator[Scene]:
    """The hearing is open, and the clerk has admitted the visitor, who `came` so far by the gate's own steps."""
    use_loopback(monkeypatch)
    photos = data_dir / "faces" / "photos"
    settings = await asyncio.to_thread(load, None, {**FACE, "YUNTING_STORAGE_FOLDER": str(folder)})
    pool = FacePool(workers=1, waiting=4)
    async with AsyncExitStack() as stack:
        stack.callback(pool.close)
        tools = replace(
            await asyncio.to_thread(gate_tools, settings, pool, stack),
            registry=OneNameRegistry(),
            pace=HASTY,
            watch_rules=RULES,
        )
        court = await stack.enter_async_context(courthouse(environment=FACE, gate=tools))
        gate = await gated(court)
        peer: RTCPeerConnection | None = None
        try:
            await gate.staff_vouched()
            clerk, judge = await gate.clerk.enter(gate.session), await gate.judge.enter(gate.session)
            me = gate.visitor.participant
            page = await gate.visitor.enter()
            await (came or with_a_photo)(gate, photos)
            words = {"reason": "document-seen", "text": "照片与本人一致"}
            assert (await gate.clerk.gate(gate.session, me, "admit", words))[0] == 200
            camera = SeatCamera(await asyncio.to_thread(seat_picture, photos / AGAIN))
            peer = await send_camera(page, camera, codec)
            for mover, move in ((clerk, "gather"), (judge, "open")):
                done = await mover.do("move", move=move, override="按缺席审理")
                assert done["type"] == "done", done
            await clerk.do("admit", participant=me)
            yield Scene(gate, camera, clerk, judge, page, photos)
        finally:
            if peer is not None:
                await peer.close()
            await leave(gate)


async def with_a_photo(gate: GatedCourt, photos: Path) -> None:
    reference = await asyncio.to_thread((photos / ME).read_bytes)
    me = gate.visitor.participant
    status, row = await gate.clerk("PUT", f"sessions/{gate.session}/gate/{me}/reference", raw=reference)
    assert status == 200, row
    await without_a_photo(gate, photos)


async def without_a_photo(gate: GatedCourt, photos: Path) -> None:
    await gate.visitor.agree()
    await gate.visitor.show(NUMBER)
    live = await asyncio.to_thread(seat_picture, photos / AGAIN)
    assert await gate.visitor.face(ChallengeResult(passed=True, frames=(live,) * 3)) == "review"


async def without_a_face(gate: GatedCourt, photos: Path) -> None:
    status, view = await gate.visitor("POST", "decline")
    assert (status, view["stage"]) == (200, "clerk"), view


@pytest.mark.parametrize("codec", ["video/VP8", pytest.param("video/H264", marks=pytest.mark.long)])
async def test_a_swap_an_empty_chair_and_a_second_person_are_told_to_judge_and_clerk_and_nobody_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path, codec: str
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir, codec) as s:
        await s.told("present")
        s.show(OTHER)
        await s.told("mismatch")
        s.show(AGAIN)
        await s.told("present")
        s.show()
        await s.told("absent")
        s.show(AGAIN, OTHER)
        await s.told("multiple")
        s.show(AGAIN)
        await s.told("present")
        # In passing, one picture may show one of two people, or none that can be used.
        assert [state for state in await s.states() if state not in {"present", "unknown"}] == [
            "mismatch",
            "absent",
            "multiple",
        ]
        # Each entry says when its state began, which is when the one before ended.
        began = [e.event.since_utc_ms for e in await s.entries() if isinstance(e.event, WatchChanged)]
        assert began == sorted(began)
        assert all(0 <= e.utc_ms - since < 60_000 for e, since in zip(await s.entries(), began, strict=True))
        person = s.gate.court.room(s.gate.session).hearing.people[s.gate.visitor.participant]
        assert (person.presence, person.standing.passed) == ("present", True)
        # The person themselves is told nothing of it.
        assert not [m for m in s.visitor.heard if m["type"] == "watch"]
        assert not [m for m in s.visitor.heard if (m.get("event") or {}).get("type") == "identity.watch"]


async def test_judge_or_clerk_say_that_they_have_looked_until_the_seat_is_another_one_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir) as s:
        await s.told("present")
        me = s.gate.visitor.participant
        early = await s.judge.do("seat_checked", participant=me, state="absent")
        assert early["code"] == "seat-changed", early
        s.show()
        await s.told("absent")
        await s.clerk.say(type="do", re="c", command={"do": "seat_checked", "participant": me, "state": "absent"})
        await s.told("absent", checked=True)
        assert (await s.visitor.do("seat_checked", participant=me, state="absent"))["code"] == "no-right"
        assert (await s.judge.do("seat_checked", participant=me, state="absent"))["type"] == "done"
        checks = [e for e in await s.entries() if isinstance(e.event, SeatChecked)]
        assert [(e.actor, e.event.state) for e in checks] == [(s.gate.people["clerk"], "absent")]
        s.show(AGAIN)
        await s.told("present")
        s.show()
        await s.told("absent", checked=False)
        assert not [m for m in s.visitor.heard if (m.get("event") or {}).get("type", "").startswith("identity.watch")]


@pytest.mark.parametrize("moved", [False, True])
async def test_a_seat_whose_template_cannot_be_opened_is_said_to_be_unwatched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path, moved: bool
) -> None:
    async def came(gate: GatedCourt, photos: Path) -> None:
        await with_a_photo(gate, photos)
        services, me = gate.court.services, gate.visitor.participant
        vault = Vault(services.store, services.gate.wrapping_key, services.sources.utc_ms)
        kind = {"media_type": "application/octet-stream", "engine_id": "dlib_onnx"}
        await vault.put(gate.session, me, Purpose.TEMPLATE, b"no template", **kind)
        if moved:
            await services.store.put(SEALED, f"{Purpose.TEMPLATE}.{gate.session}.{me}", b"not sealed at all")

    async with sitting(monkeypatch, tmp_path, data_dir, came=came) as s:
        async with asyncio.timeout(30):
            # The chips may have come while the clerk admitted the visitor.
            while await s.states() != ["unwatched"]:
                await asyncio.sleep(0.02)
        assert s.watched == 0
        me = s.gate.visitor.participant
        await s.judge.say(type="do", re="c", command={"do": "seat_checked", "participant": me, "state": "unwatched"})
        await s.told("unwatched", checked=True)


async def test_in_a_recess_nobody_is_looked_at_and_after_it_the_watch_begins_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir) as s:
        await s.told("present")
        runner = s.gate.court.app[WATCH].runner
        done = await s.judge.do("move", move="recess", reason="休息")
        assert done["type"] == "done", done
        await s.clerk.hear("watch", within_s=20, chips=[])
        await until(lambda: s.watched == 0)
        s.show()
        looks = runner.looks
        await s.frames(2 * FPS)
        assert runner.looks <= looks + 1
        assert (await s.judge.do("move", move="resume"))["type"] == "done"
        await s.told("absent")
        assert await s.states() == ["present", "unknown", "absent"]


async def test_who_takes_the_consent_back_is_not_watched_from_that_moment_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir) as s:
        await s.told("present")
        assert (await s.gate.visitor("POST", "withdraw"))[0] == 200
        await s.clerk.hear("watch", within_s=20, chips=[])
        assert s.watched == 0
        s.show()
        looks = s.gate.court.app[WATCH].runner.looks
        await s.frames(2 * FPS)
        assert s.gate.court.app[WATCH].runner.looks <= looks + 1
        assert await s.states() == ["present"]


async def test_after_an_erasure_the_seat_is_not_watched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir) as s:
        await s.told("present")
        me = s.gate.visitor.participant
        status, _ = await s.gate.clerk.gate(s.gate.session, me, "erase", {"text": "当事人申请删除"})
        assert status == 204
        await until(lambda: s.watched == 0)
        await s.clerk.hear("watch", within_s=20, chips=[])


async def test_who_declined_the_use_of_the_face_is_never_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir, came=without_a_face) as s:
        room = s.gate.court.room(s.gate.session)
        listener = Counter()
        room.media.attach(listener)
        # Five seconds of their camera go by, five times as long as between two looks.
        await until(lambda: listener.frames >= 50)
        runner = s.gate.court.app[WATCH].runner
        assert (runner.seats, runner.looks, await s.states()) == (0, 0, [])


async def test_who_was_admitted_without_a_photo_is_compared_with_how_the_seat_was_first_also_after_a_recess(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data_dir: Path
) -> None:
    async with sitting(monkeypatch, tmp_path, data_dir, came=without_a_photo) as s:
        await s.told("present")
        runner = s.gate.court.app[WATCH].runner
        # Three usable looks make the baseline; the first pictures of a camera may be blurred.
        await until(lambda: runner.looks >= 9)
        assert (await s.judge.do("move", move="recess", reason="休息"))["type"] == "done"
        await until(lambda: s.watched == 0)
        s.show(OTHER)
        assert (await s.judge.do("move", move="resume"))["type"] == "done"
        await s.told("mismatch")
        assert (await s.states())[-1] == "mismatch"
