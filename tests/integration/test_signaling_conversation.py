"""The conversation of a page with its courtroom, over a real WebSocket."""

from __future__ import annotations

import aiohttp
import pytest

from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.courthouse import HASTY, ID, courthouse

pytestmark = pytest.mark.integration


async def test_hello_welcome_command_update() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        assert judge.welcome["participant"] == ID["judge"]
        assert "run_session" in judge.welcome["rights"]
        assert judge.welcome["hearing"]["state"] == "scheduled"
        clerk = await court.connect(session, "clerk")
        done = await clerk.do("move", move="gather")
        assert done["type"] == "done"
        assert (await judge.update("session.state"))["hearing"]["state"] == "waiting"
        done = await judge.do("move", move="open")
        assert done["type"] == "done", done
        opened = await clerk.update("session.state")
        assert opened["event"]["after"] == "in_session"
        assert opened["hearing"]["recording"] is True


async def test_offer_is_answered_and_the_track_reaches_the_other_page(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        clerk = await court.connect(session, "clerk")
        sender = new_client()
        try:
            from aiortc.mediastreams import AudioStreamTrack

            sender.addTrack(AudioStreamTrack())
            sdp = await offer_of(sender)
            mid = sender.getTransceivers()[0].mid
            await judge.say(type="offer", re="o1", direction="send", sdp=sdp, tracks={mid: "microphone"})
            answer = await judge.hear("answer", re="o1")
            await take_answer(sender, answer["sdp"])
            told = await clerk.hear("publications", within_s=10)
            assert [(p["participant"], p["kind"]) for p in told["publications"]] == [(ID["judge"], "audio")]
            plaintiff = await court.connect(session, "plaintiff")
            assert plaintiff.welcome["publications"] == []  # still waiting outside
            await clerk.do("move", move="gather")
            await judge.do("move", move="open")
            listed = await plaintiff.hear("publications")  # opening brings those who wait into the courtroom
            assert listed["publications"] == told["publications"]
            await judge.do("dismiss", participant=ID["plaintiff"])
            assert (await plaintiff.hear("publications"))["publications"] == []
        finally:
            await sender.close()


async def test_ping_is_answered_with_the_clock() -> None:
    async with courthouse() as court:
        judge = await court.connect(await court.session(), "judge")
        await judge.say(type="ping", sent_ms=12345)
        pong = await judge.hear("pong")
        assert pong["sent_ms"] == 12345
        assert pong["clock"]["running"] is False


async def test_the_newer_connection_of_a_participant_wins() -> None:
    async with courthouse() as court:
        session = await court.session()
        first = await court.connect(session, "judge")
        second = await court.connect(session, "judge")
        leave = await first.hear("leave")
        assert (leave["action"], leave["code"]) == ("end", "replaced")
        assert (await second.do("phase", phase="debate"))["code"] == "not-open"
        judge = court.services.book.hearings()[0].people[ID["judge"]]
        assert judge.presence == "present"


async def test_a_repeated_command_is_answered_as_the_first() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        first = await judge.do("warn", participant=ID["plaintiff"], reason="喧哗", re="same")
        again = await judge.do("warn", participant=ID["plaintiff"], reason="喧哗", re="same")
        assert again == first
        assert court.services.book.hearings()[0].people[ID["plaintiff"]].warnings == 1


async def test_leaving_is_not_dropping() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        assert (await plaintiff.do("leave"))["type"] == "done"
        assert (await plaintiff.hear("leave"))["action"] == "end"
        update = await judge.update("participant.presence")
        while update["event"]["participant"] != ID["plaintiff"] or update["event"]["after"] == "waiting":
            update = await judge.update("participant.presence")
        assert update["event"]["after"] == "left"


async def test_a_killed_connection_counts_as_dropped_after_two_missed_pings() -> None:
    async with courthouse(timing=HASTY) as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        plaintiff.kill()
        while True:
            await judge.say(type="ping", sent_ms=1)
            try:
                update = await judge.hear("update", within_s=0.5)
            except TimeoutError:
                continue
            if update["event"]["type"] == "participant.presence" and update["event"]["after"] == "dropped":
                break
        assert "connection" in update["event"]["evidence"]


async def test_a_silent_page_is_told_to_resume_and_dropped() -> None:
    async with courthouse(timing=HASTY) as court:
        session = await court.session()
        plaintiff = await court.connect(session, "plaintiff")
        leave = await plaintiff.hear("leave", within_s=4)
        assert (leave["action"], leave["code"]) == ("resume", "ping-timeout")
        judge = await court.connect(session, "judge")
        people = {p["seat"]["seat"]: p for p in judge.welcome["hearing"]["people"]}
        if people["plaintiff"]["presence"] != "dropped":
            await judge.update("participant.presence")
        assert court.services.book.hearings()[0].people[ID["plaintiff"]].presence == "dropped"


async def test_removal_ends_the_page() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        assert (await judge.do("remove", participant=ID["plaintiff"], reason="扰乱法庭秩序"))["type"] == "done"
        leave = await plaintiff.hear("leave")
        assert (leave["action"], leave["code"]) == ("end", "removed")


async def test_a_refused_command_leaves_the_log_as_it_was() -> None:
    async with courthouse() as court:
        session = await court.session()
        plaintiff = await court.connect(session, "plaintiff")
        before = court.services.book.hearings()[0].last_seq
        for command, code in (
            ({"command": "move", "move": "open"}, "no-right"),
            ({"command": "mute", "participant": None}, "no-right"),
            ({"command": "remove", "participant": ID["judge"], "reason": "x"}, "no-right"),
        ):
            answer = await plaintiff.do(**command)
            assert (answer["type"], answer["code"]) == ("error", code)
        judge = await court.connect(session, "judge")
        assert (await judge.do("move", move="close"))["code"] == "move-not-allowed"
        entries = [e async for e in court.services.book._ledgers[session].entries(before)]
        assert {e.event.__struct_config__.tag for e in entries} == {"participant.presence"}


async def test_server_stop_tells_pages_to_resume() -> None:
    async with courthouse() as court:
        judge = await court.connect(await court.session(), "judge")
        await court.server.close()
        leave = await judge.hear("leave")
        assert (leave["action"], leave["code"]) == ("resume", "restart")
        assert (await judge.socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


async def test_lamps_and_recording_health_go_to_the_court_and_ones_own_lamp_to_oneself() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        await plaintiff.say(
            type="network_report", rtt_ms=700, loss_up_permille=0, loss_down_permille=20, kbps_up=1, kbps_down=2
        )
        own = await plaintiff.hear("network")
        while own["lamps"][0]["grade"] != "poor":
            own = await plaintiff.hear("network")
        assert [lamp["participant"] for lamp in own["lamps"]] == [ID["plaintiff"]]
        lamps = {lamp["participant"]: lamp["grade"] for lamp in (await judge.hear("network"))["lamps"]}
        assert (lamps[ID["plaintiff"]], lamps[ID["defendant"]]) == ("poor", "lost")
        await judge.hear("recording")
        assert all(message["type"] != "recording" for message in plaintiff.heard)


async def test_signed_heads_go_to_every_page() -> None:
    async with courthouse() as court:
        session = await court.session()
        pages = [await court.connect(session, seat) for seat in ("judge", "plaintiff")]
        signed = await (await court.services.book.get(session)).sign()
        assert signed is not None
        for page in pages:
            head = (await page.hear("head"))["head"]
            assert (head["hash"], head["key"]) == (signed.hash, page.welcome["court_key"])


async def test_the_device_check_is_logged_and_shown_to_staff_only() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        defendant = await court.connect(session, "defendant")
        plaintiff = await court.connect(session, "plaintiff")
        await plaintiff.say(
            type="kit",
            re="k",
            camera=True,
            microphone=True,
            speaker=True,
            rtt_ms=20,
            loss_permille=0,
            uplink_kbps=900,
            user_agent="x" * 1_000,
        )
        done = await plaintiff.answer("k")
        assert (await judge.hear("update", seq=done["seq"]))["event"]["type"] == "participant.kit_checked"
        assert (await defendant.hear("update", seq=done["seq"]))["event"] is None
