"""The review over real WebSockets and HTTP: read, ask for a correction, listen, decide, sign, refuse, verify."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageDraw

from hearing.errors import UserError
from hearing.review_events import MinutesSigned
from hearing.transcript_events import UtteranceHeard, Word
from records.keys import CourtKey
from records.sealing.signatures import Fault, check_signatures
from records.sqlite import SqliteStore
from records.writing import words
from records.writing.minutes import of_log
from signaling.minutes.review_messages import MinutesView
from signaling.minutes.signature_shelf import SIGNED, SignatureShelf
from tests.fakes.courthouse import ID, SEATS, Courthouse, NoRecording, Page, courthouse
from tests.fakes.signer import Signer, command_of

pytestmark = pytest.mark.integration

TZ = words.zone("Asia/Shanghai")
PEOPLE = ("judge", "clerk", "plaintiff", "defendant")


def handwriting(seed: int = 0, size: tuple[int, int] = (600, 240)) -> bytes:
    """A PNG with ink on it."""
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    draw.line([(20, 20 + seed), (size[0] - 20, size[1] - 20), (size[0] - 20, 20)], fill="black", width=5)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class Tape(NoRecording):
    """A recorder that has everything but the track `lost`."""

    async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
        if track == "lost":
            raise UserError("no-sound", "没有录音", "nothing is recorded")
        return b"RIFF"


class Reading:
    """A closed court whose minutes lie open, with everybody's page."""

    def __init__(self, court: Courthouse, session: str) -> None:
        self.court = court
        self.session = session
        self.pages: dict[str, Page] = {}

    async def come(self, *seats: str) -> None:
        for seat in seats:
            self.pages[seat] = await self.court.connect(self.session, seat)
        self.court.room(self.session).recording = Tape()

    async def said(self, seat: str, text: str, from_ms: int, track: str = "") -> None:
        heard = UtteranceHeard(
            utterance=f"{seat}@{from_ms}",
            participant=ID[seat],
            track=track or seat,
            language="zh-CN",
            from_ms=from_ms,
            to_ms=from_ms + 500,
            text=text,
            raw=text,
            words=(Word(text=text, from_ms=from_ms, to_ms=from_ms + 500),),
            engine="scripted",
            until_ms=from_ms + 500,
        )
        await self.court.room(self.session).ledger.note("server", [heard])

    async def get(self, seat: str, path: str, **query: Any) -> tuple[int, bytes]:
        url = f"{self.court.url}/api/v1/sessions/{self.session}/{path}"
        async with self.court.http.get(url, params=query, headers=self.bearer(seat)) as response:
            return response.status, await response.read()

    def bearer(self, seat: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pages[seat].welcome['credential']}"}

    async def read(self, seat: str) -> MinutesView:
        status, body = await self.get(seat, "minutes")
        assert status == 200, body
        return msgspec.json.decode(body, type=MinutesView)

    async def hand_in(self, seat: str, picture: bytes) -> dict[str, Any]:
        url = f"{self.court.url}/api/v1/sessions/{self.session}/signatures"
        async with self.court.http.post(url, data=picture, headers=self.bearer(seat)) as response:
            return dict(await response.json())

    async def sign(self, seat: str, sha256: str | None = None, picture: bytes | None = None) -> dict[str, Any]:
        sha256 = sha256 or (await self.read(seat)).sha256
        picture = picture or handwriting()
        handed = await self.hand_in(seat, picture)
        assert handed == {"sha256": hashlib.sha256(picture).hexdigest()}
        now = self.court.services.sources.utc_ms()
        signed = Signer().signed(self.session, ID[seat], sha256, now, picture=picture)
        return await self.pages[seat].do("minutes_sign", **_fields(command_of(signed)))

    async def correct(self, seat: str, line: str, wanted: str, revision: int = 0) -> str:
        done = await self.pages[seat].do(
            "correction_ask", line=line, revision=revision, wanted=wanted, reason="听错了"
        )
        assert done["type"] == "done", done
        return next(c.id for c in reversed((await self.read(seat)).corrections) if c.wanted == wanted)

    async def listen(self, line: str, seat: str = "clerk") -> None:
        paragraph = next(p for p in (await self.read(seat)).paragraphs if p.line == line)
        await self.get(seat, "sound", track=paragraph.track, from_ms=paragraph.from_ms, to_ms=paragraph.to_ms)

    async def news(self, seat: str, **fields: Any) -> dict[str, Any]:
        return await self.pages[seat].hear("review", **fields)


def _fields(command: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(command)
    del fields["do"]
    return fields


@asynccontextmanager
async def reading(store: SqliteStore | None = None, key: CourtKey | None = None) -> AsyncIterator[Reading]:
    async with courthouse(store, key=key) as court:
        held = Reading(court, await court.session(seats=SEATS))
        await held.come(*PEOPLE)
        await held.pages["clerk"].do("move", move="gather")
        await held.pages["judge"].do("move", move="open", override="人员未齐")
        await held.said("plaintiff", "我同义原告的诉请", 1)
        await held.said("defendant", "我方不认可", 2)
        await held.said("defendant", "录音已失", 3, track="lost")
        await held.pages["judge"].do("move", move="close")
        assert (await held.pages["clerk"].do("review_open"))["type"] == "done"
        yield held


def text_of(view: MinutesView) -> str:
    """By the rule in `docs/protocol.md`, as a page does it."""
    lines = [view.court, view.title, *(f"{f.name}：{f.text}" for f in view.fields)]
    lines += [f"{p.speaker}：{p.text}" if p.speaker else p.text for p in view.paragraphs]
    lines += [view.closing, *(f"{place}（签名）：" for place in view.places)]
    return "".join(f"{line}\n" for line in lines)


async def log(held: Reading) -> list[Any]:
    return [entry async for entry in held.court.services.store.read(held.session)]  # type: ignore[attr-defined]


async def test_what_everybody_reads_is_the_document_and_its_hash() -> None:
    async with reading() as held:
        for seat in PEOPLE:
            view = await held.read(seat)
            assert hashlib.sha256(text_of(view).encode()).hexdigest() == view.sha256
            news = await held.news(seat)
            assert news["minutes_sha256"] == view.sha256
        assert of_log(await log(held), TZ).sha256 == view.sha256
        assert "原告张三丰：我同义原告的诉请" in text_of(view)


async def test_who_loses_the_network_over_the_minutes_does_not_change_them() -> None:
    async with reading() as held:
        before = (await held.read("plaintiff")).sha256
        held.pages["defendant"].kill()
        room = held.court.room(held.session)
        await room.ledger.dropped(ID["defendant"], "no sign of life")
        await held.come("defendant")
        assert room.hearing.people[ID["defendant"]].presence == "present"
        assert (await held.read("plaintiff")).sha256 == before == of_log(await log(held), TZ).sha256


async def test_the_clerk_decides_after_the_server_gave_them_the_sound() -> None:
    async with reading() as held:
        clerk = held.pages["clerk"]
        one = await held.correct("plaintiff", "plaintiff@1", "我同意原告的诉请")
        two = await held.correct("defendant", "defendant@2", "我方认可")
        lost = await held.correct("defendant", "defendant@3", "录音已在")
        assert (await clerk.do("correction_decide", correction=one, revision=0, accepted=True))[
            "code"
        ] == "listen-first"
        await held.listen("plaintiff@1", "plaintiff")
        assert (await clerk.do("correction_decide", correction=one, revision=0, accepted=True))[
            "code"
        ] == "listen-first"
        await held.listen("plaintiff@1")
        assert (await clerk.do("correction_decide", correction=one, revision=0, accepted=True))["type"] == "done"
        await held.listen("defendant@2")
        assert (await clerk.do("correction_decide", correction=two, revision=0, accepted=False))[
            "code"
        ] == "reason-needed"
        refused = await clerk.do("correction_decide", correction=two, revision=0, accepted=False, reason="与录音不符")
        assert refused["type"] == "done"
        assert (await clerk.do("correction_decide", correction=lost, revision=0, accepted=True))[
            "code"
        ] == "listen-first"
        await held.listen("defendant@3")
        done = await clerk.do("correction_decide", correction=lost, revision=0, accepted=False, reason="录音缺失")
        assert done["type"] == "done"
        seen = {c.id: (c.accepted, c.answer, c.listened) for c in (await held.read("judge")).corrections}
        assert seen == {one: (True, "", True), two: (False, "与录音不符", True), lost: (False, "录音缺失", False)}
        mine = await held.read("plaintiff")
        assert [c.id for c in mine.corrections] == [one]
        assert "我同意原告的诉请" in text_of(mine)


async def test_signatures_corrections_and_refusals_outlive_a_restart(tmp_path: Path) -> None:
    key = CourtKey.generate()
    store = await SqliteStore.open(tmp_path / "court.db")
    try:
        async with reading(store, key) as held:
            asked = await held.correct("plaintiff", "plaintiff@1", "我同意原告的诉请")
            assert (await held.sign("defendant"))["type"] == "done"
            session = held.session
        async with courthouse(store, key=key) as court:
            held = Reading(court, session)
            await held.come(*PEOPLE)
            news = await held.news("clerk")
            assert (news["undecided"], _standings(news)["defendant"]) == (1, "signed")
            await held.listen("plaintiff@1")
            await held.pages["clerk"].do("correction_decide", correction=asked, revision=0, accepted=True)
            # Whoever signed before is asked again.
            news = await held.news("defendant")
            while news["undecided"] or _standings(news)["defendant"] != "outdated":
                news = await held.news("defendant")
            assert (await held.pages["clerk"].do("review_close"))["code"] == "unsigned"
            sha256 = (await held.read("judge")).sha256
            for seat in ("judge", "clerk", "defendant"):
                assert (await held.sign(seat, sha256))["type"] == "done"
            refused = await held.pages["plaintiff"].do("minutes_refuse", minutes_sha256=sha256, reason="记录不全")
            assert refused["type"] == "done"
            assert (await held.pages["clerk"].do("review_close"))["type"] == "done"
        async with courthouse(store, key=key) as court:
            held = Reading(court, session)
            await held.come("judge", "plaintiff", "defendant")
            news = await held.news("judge")
            assert _standings(news) == dict.fromkeys(PEOPLE, "signed") | {"plaintiff": "refused"}
            assert [s["reason"] for s in news["signers"] if s["participant"] == ID["plaintiff"]] == ["记录不全"]
            mine = (await held.news("defendant"))["signers"]
            assert [s["participant"] for s in mine] == [ID["defendant"]]
            status, picture = await held.get("defendant", f"signatures/{mine[0]['signed']['image_sha256']}")
            assert (status, picture) == (200, handwriting())
            checked = check_signatures(await log(held), await SignatureShelf(store, session).all_signed(), TZ)
            assert [(c.fault, c.current) for c in checked] == [(None, True)] * 3
    finally:
        await store.close()


def _standings(news: dict[str, Any]) -> dict[str, str]:
    names = {participant: seat for seat, participant in ID.items()}
    return {names[s["participant"]]: s["standing"] for s in news["signers"]}


async def test_one_flipped_byte_of_document_picture_or_key_is_found() -> None:
    async with reading() as held:
        assert (await held.sign("plaintiff"))["type"] == "done"
        entries = await log(held)
        (sha256,) = {e.event.image_sha256 for e in entries if isinstance(e.event, MinutesSigned)}
        pictures = await SignatureShelf(held.court.services.store, held.session).all_signed()
        assert [c.fault for c in check_signatures(entries, pictures, TZ)] == [None]

        document = [
            msgspec.structs.replace(e, event=msgspec.structs.replace(e.event, text=e.event.text.replace("义", "乂")))
            if isinstance(e.event, UtteranceHeard)
            else e
            for e in entries
        ]
        assert [c.fault for c in check_signatures(document, pictures, TZ)] == [Fault.MINUTES]

        picture = bytearray(pictures[sha256])
        for place in range(len(picture)):
            picture[place] ^= 1
            assert [c.fault for c in check_signatures(entries, {sha256: bytes(picture)}, TZ)] == [Fault.PICTURE]
            picture[place] ^= 1
            if place > 40:
                break
        assert [c.fault for c in check_signatures(entries, {}, TZ)] == [Fault.PICTURE]

        def with_key(number: int) -> list[Any]:
            def changed(signed: MinutesSigned) -> MinutesSigned:
                key = bytearray.fromhex(signed.public_key)
                key[number] ^= 1
                return msgspec.structs.replace(signed, public_key=key.hex())

            return [
                msgspec.structs.replace(e, event=changed(e.event)) if isinstance(e.event, MinutesSigned) else e
                for e in entries
            ]

        length = len(bytes.fromhex(next(e.event for e in entries if isinstance(e.event, MinutesSigned)).public_key))
        for number in range(length):
            assert [c.fault for c in check_signatures(with_key(number), pictures, TZ)] == [Fault.SIGNATURE]


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (b"", "bad-picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50 + b"IEND\xaeB`\x82", "bad-picture"),
        (handwriting()[:-40], "bad-picture"),
        (handwriting() + b"more", "bad-picture"),
        (handwriting(size=(2001, 100)), "bad-picture"),
        (handwriting(size=(30, 100)), "bad-picture"),
        (handwriting() + b"\0" * 200_000 + b"IEND\xaeB`\x82", "bad-picture"),
    ],
)
async def test_what_is_no_picture_of_a_signature_is_refused(picture: bytes, code: str) -> None:
    async with reading() as held:
        assert (await held.hand_in("plaintiff", picture))["error"] == code


async def test_an_empty_sheet_is_no_signature() -> None:
    async with reading() as held:
        for colour in ("white", "black"):
            sheet = io.BytesIO()
            Image.new("RGB", (600, 240), colour).save(sheet, "PNG")
            assert (await held.hand_in("plaintiff", sheet.getvalue()))["error"] == "empty-picture"


async def test_a_try_that_does_not_hold_leaves_no_picture_and_takes_none_away() -> None:
    async with reading() as held:
        store = held.court.services.store
        picture, other = handwriting(), handwriting(7)
        now = held.court.services.sources.utc_ms()
        sha256 = (await held.read("plaintiff")).sha256
        without = Signer().signed(held.session, ID["plaintiff"], sha256, now, picture=picture)
        refused = await held.pages["plaintiff"].do("minutes_sign", **_fields(command_of(without)))
        assert refused["code"] == "bad-signature"
        await held.hand_in("plaintiff", other)
        wrong = await held.pages["plaintiff"].do("minutes_sign", **_fields(command_of(without)))
        assert wrong["code"] == "bad-signature"
        assert list(await store.keys(SIGNED)) == []
        assert (await held.sign("defendant", picture=picture))["type"] == "done"
        await held.hand_in("plaintiff", picture)
        forged = _fields(command_of(without)) | {"signature": "0" * 128}
        assert (await held.pages["plaintiff"].do("minutes_sign", **forged))["code"] == "bad-signature"
        assert [key.rpartition(".")[2] for key in await store.keys(SIGNED)] == [hashlib.sha256(picture).hexdigest()]


async def test_who_has_signed_cannot_fill_the_store_with_pictures() -> None:
    async with reading() as held:
        store = held.court.services.store
        for seed in (0, 3, 6):
            assert (await held.sign("plaintiff", picture=handwriting(seed)))["type"] == "done"
        assert [key.rpartition(".")[2] for key in await store.keys(SIGNED)] == [
            hashlib.sha256(handwriting(0)).hexdigest()
        ]


async def test_nobody_sees_anothers_signature_or_reads_before_the_minutes_lie_open() -> None:
    async with courthouse() as court:
        held = Reading(court, await court.session(seats=SEATS))
        await held.come(*PEOPLE, "witness")
        await held.pages["clerk"].do("move", move="gather")
        await held.pages["judge"].do("move", move="open", override="人员未齐")
        assert (await held.get("plaintiff", "minutes"))[0] == 400
        assert (await held.get("judge", "minutes"))[0] == 400
        await held.pages["judge"].do("move", move="close")
        assert (await held.get("plaintiff", "minutes"))[0] == 400
        assert (await held.read("clerk")).paragraphs
        assert (await held.hand_in("plaintiff", handwriting()))["error"] == "not-in-review"
        await held.pages["clerk"].do("review_open")
        await held.sign("plaintiff")
        sha256 = hashlib.sha256(handwriting()).hexdigest()
        assert (await held.get("defendant", f"signatures/{sha256}"))[0] == 404
        assert (await held.get("judge", f"signatures/{sha256}"))[0] == 200
        # A witness who was never called took no part: nothing to read, nothing to sign.
        assert (await held.get("witness", "minutes"))[0] == 400
        assert (await held.hand_in("witness", handwriting()))["error"] == "no-right"
        assert not [m for m in held.pages["defendant"].heard if "review.signed" in str(m)]
