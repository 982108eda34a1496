"""The pre-flight list names every requirement that is not met, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing import events as ev
from hearing import seal_events as se
from hearing.review_events import CorrectionRequested, MinutesSigned, ReviewOpened, SigningRefused
from hearing.sealing import Unmet, text_sha256
from hearing.session import Move, State
from hearing.transcript_events import LineEdited, TrackHeard
from records.sealing.preflight import standing_of, unmet
from records.writing.draft import Draft
from records.writing.text_files import Unheard
from tests.fakes.courtroom import Courtroom
from tests.fakes.minutes import TZ, said
from tests.fakes.signer import PICTURE, Signer

pytestmark = pytest.mark.unit

UTC = 1_795_000_000_000
SIGNERS = ("judge", "judge-2", "clerk", "plaintiff", "defendant")
PICTURES = {hashlib.sha256(PICTURE).hexdigest(): PICTURE}
STATEMENT = "存储设备响应迟缓。"
FLAWS = (
    "gap",
    "track",
    "incident",
    "unsigned incident",
    "forged incident",
    "no media seal",
    "unheard",
    "missing",
    "late edit",
    "forged",
    "correction",
)
CODES = {
    "gap": {"gap-unlisted"},
    "track": {"track-open"},
    "incident": {"incident-unexplained"},
    "unsigned incident": {"incident-unsigned"},
    "forged incident": {"incident-signature-broken"},
    "no media seal": {"media-seal-missing"},
    "unheard": {"text-incomplete"},
    "missing": {"unsigned"},
    "late edit": {"signature-outdated"},
    "forged": {"signature-broken"},
    "correction": {"correction-undecided"},
}


class Record:
    """A hearing of twenty seconds, closed, reviewed, signed and ready for the seal, but for its `flaws`."""

    def __init__(self, flaws: frozenset[str] = frozenset(), *, until: State = State.SIGNED) -> None:
        self.flaws = flaws
        self.room = Courtroom()
        self.room.arrive("judge", "clerk")
        self.room.move(Move.GATHER, "clerk")
        self.room.arrive("judge-2", "plaintiff", "defendant")
        self.room.move(Move.OPEN, override="证人未到")
        self.note(0, ev.ClockAnchored(session_ms=0, utc_ms=UTC, uncertainty_ms=1, reason="opened"))
        self._record()
        self._incidents()
        self.room.now_ms = 20_000
        self.room.move(Move.CLOSE)
        if "track" not in flaws:
            self.note(20_000, ev.TrackClosed(track="t", file="t.mkv", to_ms=20_000, bytes_total=2, reason="closed"))
        if "no media seal" not in flaws:
            self.note(20_100, se.SealMade(step="media", package="01P", manifest_sha512="ab" * 64, key="cd" * 32))
        if until is State.CLOSED:
            return
        self._review()
        if until is State.SIGNED:
            signed = ev.StateChanged(move=Move.SIGN_OFF, before=State.TRANSCRIPT_REVIEW, after=State.SIGNED)
            self.note(30_000, signed)
        if "late edit" in flaws:
            self.note(31_000, LineEdited(line="plaintiff@1000", revision=1, text="我不同意", reason=""))

    def note(self, at_ms: int, *events: ev.AnyEvent) -> None:
        self.room.now_ms = at_ms
        self.room.note(events)

    def codes(self, *, blocking: bool = False) -> set[str]:
        return {each.code for each in self.list() if each.blocks or not blocking}

    def list(self) -> Sequence[Unmet]:
        return unmet(standing_of(self.room.entries, PICTURES, TZ))

    def _record(self) -> None:
        opened = ev.TrackOpened(
            track="t", file="t.mkv", participant="plaintiff", seat="p", codecs=("opus",), sources=(), from_ms=0
        )
        spans = ((0, 9_000), (9_500, 20_000)) if "gap" in self.flaws else ((0, 9_000), (9_000, 20_000))
        self.note(0, opened)
        for number, (from_ms, to_ms) in enumerate(spans):
            sealed = ev.RangeSealed(
                track="t",
                file="t.mkv",
                first_byte=number,
                end_byte=number + 1,
                sha512="",
                from_ms=from_ms,
                to_ms=to_ms,
            )
            self.note(to_ms, sealed)
        self.note(20_000, said("我同意", 1_000))
        if "unheard" not in self.flaws:
            self.note(20_000, TrackHeard(participant="plaintiff", track="t", until_ms=20_000))

    def _incidents(self) -> None:
        kinds = {"incident", "unsigned incident", "forged incident"} & self.flaws
        for kind in ("explained", *sorted(kinds)):
            at_ms = 10_000 + len(self.room.entries)
            self.note(20_000, ev.RecordingIncident(cause="disk-slow", from_ms=at_ms, to_ms=at_ms + 1, detail=kind))
            incident = len(self.room.entries)
            if kind == "incident":
                continue
            self.note(20_000, se.IncidentExplained(incident=incident, participant="clerk", text=STATEMENT))
            if kind == "unsigned incident":
                continue
            fields = Signer().signed_incident("s", "judge", incident, text_sha256(STATEMENT), UTC)
            signed = se.IncidentSigned(participant="judge", **fields)
            if kind == "forged incident":
                signed = msgspec.structs.replace(signed, signed_utc_ms=UTC + 1)
            self.note(20_000, signed)

    def _review(self) -> None:
        review = ev.StateChanged(move=Move.REVIEW, before=State.CLOSED, after=State.TRANSCRIPT_REVIEW)
        self.note(21_000, review, ReviewOpened(minutes_sha256=self.sha256, until_utc_ms=UTC))
        if "correction" in self.flaws:
            asked = CorrectionRequested(
                correction="c1", participant="plaintiff", line="plaintiff@1000", was="", wanted="", reason=""
            )
            self.note(22_000, asked)
        for who in SIGNERS[1:]:
            if who == "plaintiff" and "missing" in self.flaws:
                continue
            self.note(23_000, self._signature(who))
        self.note(24_000, SigningRefused(participant="judge", minutes_sha256=self.sha256, reason="不在场"))

    def _signature(self, who: str) -> MinutesSigned:
        signed = Signer().signed("s", who, self.sha256, UTC)
        forge = "forged" in self.flaws and who == "defendant"
        return msgspec.structs.replace(signed, verdict="another") if forge else signed

    @property
    def sha256(self) -> str:
        draft = Draft(TZ)
        for entry in self.room.entries:
            draft.apply(entry)
        return draft.sha256


def test_a_whole_record_lacks_nothing() -> None:
    assert Record().list() == ()


@settings(max_examples=40, deadline=None)
@given(st.frozensets(st.sampled_from(FLAWS), max_size=5))
def test_each_flaw_is_named_and_nothing_else(flaws: frozenset[str]) -> None:
    wanted = set().union(*(CODES[flaw] for flaw in flaws))
    record = Record(flaws)
    assert record.codes() == wanted
    assert record.codes(blocking=True) == wanted - {"text-incomplete"}
    for each in record.list():
        assert all((each.zh, each.en, each.todo_zh, each.todo_en))
        assert not each.zh.isascii()


@pytest.mark.parametrize(
    ("until", "codes"),
    [(State.CLOSED, {"not-reviewed"}), (State.TRANSCRIPT_REVIEW, {"not-signed-off"})],
)
def test_a_record_on_its_way_says_what_comes_next(until: State, codes: set[str]) -> None:
    assert Record(until=until).codes() == codes


def _nothing(room: Courtroom) -> None:
    pass


def _opened(room: Courtroom) -> None:
    room.open()


def _cancelled(room: Courtroom) -> None:
    room.note([ev.StateChanged(move=Move.CANCEL, before=State.SCHEDULED, after=State.CANCELLED)])


@pytest.mark.parametrize("begin", [_nothing, _opened, _cancelled])
def test_a_session_that_was_not_held_to_its_end_is_not_closed(begin: Callable[[Courtroom], None]) -> None:
    room = Courtroom()
    begin(room)
    assert [each.code for each in unmet(standing_of(room.entries, {}, TZ))] == ["not-closed"]


def test_what_nobody_listened_to_is_one_line_a_person() -> None:
    record = Record(until=State.CLOSED)
    whole = standing_of(record.room.entries, PICTURES, TZ)
    parts = [
        Unheard(track=f"t{n}", participant=who, from_ms=n * 1_000, to_ms=n * 1_000 + 900)
        for n, who in ((3, "plaintiff"), (1, "plaintiff"), (2, "defendant"))
    ]
    listed = [each for each in unmet(replace(whole, unheard=parts)) if each.code == "text-incomplete"]
    assert [each.about for each in listed] == ["t1", "t2"]
    assert "00:00:01 起有 2 段未转写" in listed[0].zh
    assert "00:00:02 起未转写" in listed[1].zh


def test_a_sealed_record_lacks_nothing_any_more() -> None:
    record = Record(frozenset({"unheard"}))
    record.note(40_000, ev.StateChanged(move=Move.SEAL, before=State.SIGNED, after=State.SEALED))
    assert record.list() == ()


def test_a_converted_session_is_signed_on_paper() -> None:
    room = Courtroom().open()
    room.move(Move.CONVERT_OFFLINE, reason="当事人无法操作设备")
    assert "offline" in {each.code for each in unmet(standing_of(room.entries, {}, TZ))}
