"""The gate in the media path, with real media connections: before a verdict only the check sees a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from identity.engine import EngineUnavailable
from identity.ports import ChallengeResult
from media_server.ports import Direction, PublicationInfo, SenderReport
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.courthouse import Page, courthouse
from tests.fakes.flash_tracks import Beat, Beeper, Flasher
from tests.fakes.gate_tools import FLAT, LIVE, NUMBER, PHOTO, ScriptedLiveness, ToldMatcher, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, gated, leave

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


class Recorder:
    """An inner subscriber of the hearing's room, as the recorder and the transcriber are."""

    def __init__(self) -> None:
        self.packets: dict[str, int] = {}
        self.of: dict[str, str] = {}

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        self.of[publication.id] = publication.participant

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        who = self.of.get(publication_id, "?")
        self.packets[who] = self.packets.get(who, 0) + 1

    def track_report(self, publication_id: str, report: SenderReport) -> None: ...

    def track_ended(self, publication_id: str) -> None: ...


@dataclass
class Scene:
    gate: GatedCourt
    liveness: ScriptedLiveness
    recorder: Recorder
    clerk_page: Page


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def scene(
    monkeypatch: pytest.MonkeyPatch,
    result: ChallengeResult | Exception = LIVE,
    pictures: int = 3,
    challenges: int = 9,
) -> AsyncIterator[Scene]:
    use_loopback(monkeypatch)
    liveness = ScriptedLiveness(result, pictures)
    tools = replace(gate_tools(ToldMatcher("pass", ""), liveness=liveness), challenges=challenges)
    async with courthouse(environment=FACE, gate=tools) as court:
        gate = await gated(court)
        try:
            await gate.staff_vouched()
            page = await gate.clerk.enter(gate.session)
            room = court.room(gate.session)
            recorder = Recorder()
            room.media.attach(recorder)
            await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
            yield Scene(gate, liveness, recorder, page)
        finally:
            await leave(gate)


async def ready(visitor: Visitor) -> Page:
    page = await visitor.enter()
    await visitor.agree()
    await visitor.show(NUMBER)
    return page


async def sending(page: Page, hasty: bool = False) -> RTCPeerConnection:
    """Camera and microphone of this page, sent; `hasty` asks for the check (as `hasty`) before a picture can have
    come."""
    peer, beat = new_client(), Beat()
    for track in (Beeper(beat, 700), Flasher(beat, "h264")):
        track.sender = peer.addTransceiver(track, direction="sendonly").sender
    offer = await offer_of(peer)
    mids = {str(t.mid): {"audio": "microphone", "video": "camera"}[t.kind] for t in peer.getTransceivers()}
    await page.say(type="offer", re="send", direction="send", sdp=offer, tracks=mids)
    answer = await page.answer("send")
    assert answer["type"] == "answer", answer
    if hasty:
        await page.say(type="challenge_start", re="hasty")
    await take_answer(peer, answer["sdp"])
    return peer


async def challenged(page: Page) -> str:
    """Ask for a challenge until the camera has arrived; the code of what it ended with, empty for begun."""
    async with asyncio.timeout(20):
        for attempt in range(1_000):
            await page.say(type="challenge_start", re=f"c{attempt}")
            answer = await page.answer(f"c{attempt}")
            if answer["type"] == "done" or answer["code"] not in {"no-camera", "too-many"}:
                return str(answer.get("code", ""))
            await asyncio.sleep(0.1)
    raise AssertionError("no camera")


async def test_the_whole_way_and_nothing_leaves_the_gate_room_before_the_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scene(monkeypatch, pictures=20) as s:
        visitor = s.gate.visitor
        page = await ready(visitor)
        peer = await sending(page)
        room = s.gate.court.room(s.gate.session)
        me = visitor.participant
        assert await challenged(page) == ""
        step = await page.hear("challenge")
        assert (step["step"], step["steps"], step["action"]) == (1, 3, "left")
        assert 0 < step["within_ms"] <= 3_000
        assert [m["code"] for m in page.heard if m["type"] == "gate_hint"] == ["too-dark"]
        await until(lambda: len(s.liveness.offered) >= 5)
        # The check sees the person; the hearing's room, its recorder and the clerk's page do not.
        assert me not in s.recorder.packets
        assert [p for p in room.media.publications() if p.participant == me] == []
        await page.say(type="offer", re="r", direction="receive", sdp="v=0\r\n", tracks={})
        assert (await page.answer("r"))["code"] == "gate-first"
        told = (await page.hear("gate", within_s=20))["gate"]
        while told["stage"] != "passed":
            told = (await page.hear("gate", within_s=20))["gate"]
        await until(lambda: any(p.participant == me for p in room.media.publications()))
        assert peer.connectionState == "connected"
        # 候审 still: no verdict opens the courtroom by itself.
        assert me not in s.recorder.packets
        admitted = await s.clerk_page.do("admit", participant=me)
        assert admitted["type"] == "done", admitted
        await until(lambda: s.recorder.packets.get(me, 0) > 20)
        await peer.close()


async def test_who_begins_before_the_first_picture_has_come_is_not_turned_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The test's own machine may be slower than a telephone.
    monkeypatch.setattr("signaling.gate.rooms.CAMERA_WITHIN_S", 20.0)
    async with scene(monkeypatch) as s:
        page = await ready(s.gate.visitor)
        await page.say(type="challenge_start", re="no connection")
        assert (await page.answer("no connection"))["code"] == "no-camera"
        peer = await sending(page, hasty=True)
        assert (await page.answer("hasty", within_s=30))["type"] == "done"
        await peer.close()


async def test_the_clerk_sees_somebody_who_waits_and_nobody_who_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch) as s:
        visitor = s.gate.visitor
        page = await visitor.enter()
        await page.say(type="offer", re="early", direction="send", sdp="v=0\r\n", tracks={})
        assert (await page.answer("early"))["code"] == "gate-first"
        await visitor("POST", "decline")
        peer = await sending(page)
        path = f"sessions/{s.gate.session}/gate/{visitor.participant}/live.jpg"
        async with asyncio.timeout(20):
            while (answer := await s.gate.clerk("GET", path))[0] != 200:
                await asyncio.sleep(0.1)
        assert answer[1].startswith(b"\xff\xd8")
        assert s.liveness.offered == []
        # Declining is not consent: no check of the face begins.
        assert await challenged(page) == "clerk-decides"
        await page.do("leave")
        async with asyncio.timeout(20):
            while (await s.gate.clerk("GET", path))[0] != 404:
                await asyncio.sleep(0.1)
        await peer.close()


async def test_giving_up_and_failing_count_and_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch, result=FLAT, pictures=2) as s:
        page = await ready(s.gate.visitor)
        peer = await sending(page)
        for failures in (1, 2):
            assert await challenged(page) == ""
            told = (await page.hear("gate", within_s=20))["gate"]
            while told["failures"] != failures:
                told = (await page.hear("gate", within_s=20))["gate"]
            assert told["reason"] == "flat"
        s.liveness.pictures = 10_000
        assert await challenged(page) == ""
        await page.say(type="challenge_stop", re="stop")
        assert (await page.answer("stop"))["type"] == "done"
        assert await s.gate.visitor.stage() == "locked"
        assert await challenged(page) == "gate-locked"
        await peer.close()


@pytest.mark.parametrize("problem", [EngineUnavailable("no model"), RuntimeError("a bug of ours")])
async def test_an_engine_that_fails_in_mid_challenge_sends_to_the_clerk_and_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    async with scene(monkeypatch, result=problem, pictures=2) as s:
        page = await ready(s.gate.visitor)
        peer = await sending(page)
        assert await challenged(page) == ""
        told = (await page.hear("gate", within_s=20))["gate"]
        while told["stage"] == "challenge":
            told = (await page.hear("gate", within_s=20))["gate"]
        assert (told["stage"], told["failures"]) == ("review", 0)
        assert told["reason"] == "face-engine-unavailable"
        await peer.close()


async def test_more_than_can_be_watched_at_once_are_told_when_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch, pictures=10_000, challenges=0) as s:
        page = await ready(s.gate.visitor)
        peer = await sending(page)
        assert await challenged(page) == "face-engine-busy"
        assert (await s.gate.visitor("GET"))[1]["failures"] == 0
        await peer.close()


async def test_a_revoked_verdict_ends_the_media_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch) as s:
        me = s.gate.visitor.participant
        page = await ready(s.gate.visitor)
        peer = await sending(page)
        assert await challenged(page) == ""
        room = s.gate.court.room(s.gate.session)
        await until(lambda: any(p.participant == me for p in room.media.publications()))
        status, row = await s.gate.clerk.gate(s.gate.session, me, "revoke", {"text": "发现冒名，撤销核验"})
        assert (status, row["stage"]) == (200, "challenge")
        await until(lambda: not any(p.participant == me for p in room.media.publications()))
        await peer.close()


async def test_a_whip_client_without_a_verdict_gets_no_further_either(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch) as s:
        url = f"{s.gate.court.url}/whip/{s.gate.session}"
        ticket = s.gate.court.ticket(s.gate.session, s.gate.other.participant)
        headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
        async with aiohttp.ClientSession() as http, http.post(url, data=b"v=0\r\n", headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]) == (403, "gate-first")


async def test_sound_from_beside_the_page_does_not_go_on_by_the_pages_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a stolen link: a sender by WHIP before the owner comes, and another one while they are checked."""
    async with scene(monkeypatch) as s:
        gate, visitor = s.gate, s.gate.visitor
        me = visitor.participant
        page = await ready(visitor)
        assert await page.do("leave")
        first, status, path = await _by_whip(gate, me)
        assert status == 201
        page = await visitor.enter()
        second, status, _ = await _by_whip(gate, me)
        assert status == 403
        peer = await sending(page)
        assert await challenged(page) == ""
        room = gate.court.room(gate.session)
        await until(lambda: sum(p.participant == me for p in room.media.publications()) == 2)
        assert not room.media.holds(me, Direction.SEND, resource=path.rsplit("/", 1)[1])
        restart = (
            "a=ice-ufrag:neww\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        )
        headers = {**first.headers, "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
        async with gate.court.http.patch(gate.court.url + path, data=restart, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]) == (404, "unknown-resource")
        for closing in (first.peer, second.peer, peer):
            await closing.close()


async def test_a_newer_page_is_not_admitted_by_the_camera_of_the_older(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(monkeypatch) as s:
        visitor = s.gate.visitor
        await visitor.enter()
        await visitor("POST", "decline")
        assert visitor.page is not None
        peer = await sending(visitor.page)
        path = f"sessions/{s.gate.session}/gate/{visitor.participant}/live.jpg"
        async with asyncio.timeout(20):
            while (await s.gate.clerk("GET", path))[0] != 200:
                await asyncio.sleep(0.1)
        await visitor.enter()
        assert (await s.gate.clerk("GET", path))[0] == 404
        await peer.close()


@dataclass
class Sender:
    peer: RTCPeerConnection
    headers: dict[str, str]


async def _by_whip(gate: GatedCourt, participant: str) -> tuple[Sender, int, str]:
    """Somebody who has a ticket sends sound by WHIP: (sender, status, path of the resource)."""
    peer = new_client()
    peer.addTrack(AudioStreamTrack())
    headers = {"Authorization": f"Bearer {gate.court.ticket(gate.session, participant)}"}
    sent = {**headers, "Content-Type": "application/sdp"}
    url = f"{gate.court.url}/whip/{gate.session}"
    async with gate.court.http.post(url, data=await offer_of(peer), headers=sent) as answer:
        return Sender(peer, headers), answer.status, answer.headers.get("Location", "")
