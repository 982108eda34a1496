"""The transcript over a real WebSocket: captions, lines, two clerks at once, and who may read what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hearing import events as ev
from hearing.roles import Role
from hearing.transcript_events import UtteranceHeard, Word
from records.writing import words
from signaling.minutes.desk import LINES_AT_ONCE, MinutesDesk
from signaling.minutes.line_messages import Transcribing
from tests.fakes.courthouse import ID, SEATS, Courthouse, NoRecording, Page, courthouse

pytestmark = pytest.mark.integration

OBSERVER = ev.Seat(
    participant="01JDG000000000000000000009", seat="observer-1", role=Role.OBSERVER, name="旁听一", required=False
)


@dataclass
class Sitting:
    """A court that sits, with the pages that came."""

    court: Courthouse
    session: str
    pages: dict[str, Page]

    async def said(self, seat: str, text: str, from_ms: int) -> None:
        """The transcriber writes down a line."""
        words = (Word(text=text, from_ms=from_ms, to_ms=from_ms + 500),)
        heard = UtteranceHeard(
            utterance=f"{seat}@{from_ms}",
            participant=ID[seat],
            track=seat,
            language="zh-CN",
            from_ms=from_ms,
            to_ms=from_ms + 500,
            text=text,
            raw=text,
            words=words,
            engine="scripted",
            until_ms=from_ms + 500,
        )
        await self.court.room(self.session).ledger.note("server", [heard])

    async def lines(self, seat: str, after_seq: int = 0) -> list[str]:
        """What this page finds when it asks."""
        page = self.pages[seat]
        page.counter += 1
        re = f"lines-{page.counter}"
        await page.say(type="ask_lines", re=re, after_seq=after_seq)
        return [line["text"] for line in (await page.answer(re))["lines"]]


@pytest.fixture
async def sitting() -> AsyncIterator[Sitting]:
    async with courthouse() as court:
        session = await court.session(seats=(*SEATS, OBSERVER))
        pages = {seat: await court.connect(session, seat) for seat in ("judge", "clerk", "plaintiff", "witness")}
        pages["observer"] = await court.connect(session, OBSERVER.participant)
        await pages["clerk"].do("move", move="gather")
        done = await pages["judge"].do("move", move="open", override="人员未齐")
        assert done["type"] == "done", done
        yield Sitting(court, session, pages)


async def test_captions_reach_who_may_hear_the_speaker_and_nobody_else(sitting: Sitting) -> None:
    desk = sitting.court.room(sitting.session).minutes
    desk.heard(ID["plaintiff"], "plaintiff@100", 100, "我方主")
    await sitting.said("plaintiff", "我方主张", 100)
    for seat in ("judge", "plaintiff", "observer"):
        caption = await sitting.pages[seat].hear("caption")
        assert (caption["participant"], caption["text"]) == (ID["plaintiff"], "我方主")
        assert (await sitting.pages[seat].hear("lines"))["lines"][0]["text"] == "我方主张"
    await sitting.pages["judge"].do("admit", participant=ID["witness"])
    await sitting.pages["witness"].hear("update", hearing=None)
    assert not [m for m in sitting.pages["witness"].heard if m["type"] in {"caption", "lines"}]


async def test_a_witness_reads_nothing_of_what_was_said_before_the_call(sitting: Sitting) -> None:
    await sitting.said("plaintiff", "传唤之前", 1)
    assert await sitting.lines("witness") == []
    await sitting.pages["judge"].do("admit", participant=ID["witness"])
    assert await sitting.lines("witness") == []
    now_ms = sitting.court.room(sitting.session).ledger.clock.now_ms()
    await sitting.said("plaintiff", "传唤之后", now_ms + 1)
    assert (await sitting.pages["witness"].hear("lines", re=None))["lines"][0]["text"] == "传唤之后"
    # A correction of the earlier line is none of the witness's business either.
    await sitting.pages["clerk"].do("line_edit", line="plaintiff@1", revision=0, text="传唤前的更正")
    assert await sitting.lines("witness") == ["传唤之后"]
    assert await sitting.lines("observer") == []
    assert await sitting.lines("plaintiff") == ["传唤之后", "传唤前的更正"]


async def test_of_two_clerks_the_second_is_told_what_the_first_has_written(sitting: Sitting) -> None:
    await sitting.said("plaintiff", "我同义", 100)
    clerk, judge = sitting.pages["clerk"], sitting.pages["judge"]
    done = await clerk.do("line_edit", line="plaintiff@100", revision=0, text="我同意")
    assert done["type"] == "done"
    late = await clerk.do("line_edit", line="plaintiff@100", revision=0, text="我不同意")
    assert (late["type"], late["code"]) == ("error", "line-changed")
    assert "我同意" in late["zh"]
    refused = await judge.do("line_edit", line="plaintiff@100", revision=1, text="改")
    assert refused["code"] == "no-right"
    told = [m["lines"][0] for m in judge.heard if m["type"] == "lines"]
    assert [(line["text"], line["revision"]) for line in told] == [("我同义", 0), ("我同意", 1)]
    await judge.say(type="ask_revisions", re="history", line="plaintiff@100")
    history = await judge.answer("history")
    assert history["raw"] == "我同义"
    assert [(r["before"], r["after"]) for r in history["revisions"]] == [("我同义", "我同意")]


async def test_a_page_that_comes_later_reads_all_lines_in_bounded_pieces(sitting: Sitting) -> None:
    count = LINES_AT_ONCE * 2 + 7
    for number in range(count):
        await sitting.said("plaintiff", f"第{number}句", 1000 * number)
    late = await sitting.court.connect(sitting.session, "defendant")
    standing = await late.hear("transcribing")
    seen: list[str] = []
    after, pieces, more = 0, 0, True
    while more:
        pieces += 1
        await late.say(type="ask_lines", re=f"p{pieces}", after_seq=after)
        answer = await late.answer(f"p{pieces}")
        seen += [line["text"] for line in answer["lines"]]
        after, more = answer["lines"][-1]["seq"], answer["more"]
    assert seen == [f"第{number}句" for number in range(count)]
    assert (pieces, after) == (3, standing["seq"])


async def test_pages_are_told_whether_there_are_captions(sitting: Sitting) -> None:
    desk = sitting.court.room(sitting.session).minutes
    first = await sitting.pages["plaintiff"].hear("transcribing")
    assert first["available"] is False
    assert "未启用" in first["zh"]
    running = Transcribing(available=True, behind_ms=0, zh="", en="")
    desk.transcribing(running)
    desk.transcribing(running)
    assert (await sitting.pages["plaintiff"].hear("transcribing"))["available"] is True
    await sitting.said("plaintiff", "一句", 1)
    await sitting.pages["plaintiff"].hear("lines")
    told = [m for m in sitting.pages["plaintiff"].heard if m["type"] == "transcribing"]
    assert [m["available"] for m in told] == [False, True]


async def test_lines_outlive_the_courtroom(sitting: Sitting) -> None:
    await sitting.said("plaintiff", "甲", 1)
    await sitting.pages["clerk"].do("line_write", text="【证据1】合同", kind="exhibit")
    room = sitting.court.room(sitting.session)
    again = MinutesDesk(room.ledger, lambda: (), words.zone("Asia/Shanghai"))
    await again.open()
    assert list(again.transcript) == list(room.minutes.transcript)
    again.close()


async def test_requests_that_make_no_sense_are_answered_in_words(sitting: Sitting) -> None:
    clerk = sitting.pages["clerk"]
    assert (await clerk.do("line_edit", line="nowhere", revision=0, text="甲"))["code"] == "unknown-line"
    assert (await clerk.do("line_write", text="x" * 4001))["code"] == "bad-message"
    assert (await clerk.do("line_write", text="甲", language="zh\u202e"))["code"] == "bad-message"
    await clerk.say(type="ask_revisions", re="r", line="nowhere")
    assert (await clerk.answer("r"))["code"] == "unknown-line"
    await sitting.pages["plaintiff"].say(type="ask_revisions", re="r", line="nowhere")
    assert (await sitting.pages["plaintiff"].answer("r"))["code"] == "no-right"
    await clerk.say(type="ask_lines", re="s", after_seq=-1)
    assert (await clerk.answer("s"))["code"] == "bad-message"


async def test_the_courts_people_hear_what_a_line_says_and_parties_only_in_review(sitting: Sitting) -> None:
    asked: list[tuple[str, int, int]] = []

    class Sounding(NoRecording):
        async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
            asked.append((track, from_ms, to_ms))
            return b"RIFF"

    sitting.court.room(sitting.session).recording = Sounding()

    async def get(seat: str, session: str = sitting.session, **query: str) -> tuple[int, bytes]:
        credential = sitting.pages[seat].welcome["credential"]
        url = f"{sitting.court.url}/api/v1/sessions/{session}/sound"
        headers = {"Authorization": f"Bearer {credential}"}
        async with sitting.court.http.get(url, params=query, headers=headers) as response:
            return response.status, await response.read()

    span = {"track": "plaintiff-1", "from_ms": "1000", "to_ms": "2000"}
    assert await get("clerk", **span) == (200, b"RIFF")
    assert asked == [("plaintiff-1", 1000, 2000)]
    assert (await get("plaintiff", **span))[0] == 403
    assert (await get("observer", **span))[0] == 403
    assert (await get("clerk", session="01M8BRK19D67RB5JRN844KPZXQ", **span))[0] == 403
    for odd in ("", "-1", "1e3", "x", "9" * 20, "１"):
        assert (await get("clerk", **{**span, "from_ms": odd}))[0] == 400
    sitting.court.room(sitting.session).recording = NoRecording()
    assert (await get("clerk", **span))[0] == 404


async def test_the_clerk_sets_and_reads_the_terms_that_are_listened_for(sitting: Sitting) -> None:
    clerk = sitting.pages["clerk"]
    assert (await clerk.do("glossary", terms=["云庭科技", "张建国"]))["type"] == "done"
    await clerk.say(type="ask_glossary", re="terms-1")
    assert (await clerk.answer("terms-1"))["terms"] == ["云庭科技", "张建国"]
    party = sitting.pages["plaintiff"]
    assert (await party.do("glossary", terms=[]))["code"] == "no-right"
    await party.say(type="ask_glossary", re="terms-2")
    assert (await party.answer("terms-2"))["code"] == "no-right"
