"""What an edition's log says, what it does not say any more, and that its chain holds all the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
import pytest

from hearing import events as ev
from hearing.access import Restrictions
from hearing.access_events import Access, AccessRestricted, Ground, RestrictionLifted
from hearing.errors import UserError
from hearing.identity_events import DocumentChecked, VerdictGiven, VerdictMethod, VerdictOutcome
from hearing.participant import Presence
from hearing.review_events import MinutesSigned, ReviewOpened
from hearing.roles import Role
from hearing.session import Phase
from hearing.transcript import Transcript
from hearing.transcript_events import LanguageSet, LineEdited, TrackHeard, UtteranceHeard
from records import timeline
from records.chain import GENESIS, entry_hash
from records.editions.moments import told_heads
from records.editions.redaction import Redacted, redact
from records.editions.withheld import NAMELESS, Edition, Withheld, withheld
from tests.fakes import secret_session as secret
from tests.fakes.minutes import said

pytestmark = pytest.mark.unit

EACH = pytest.mark.parametrize("edition", [Edition.PARTY, Edition.PUBLIC])
SIGNED = MinutesSigned(
    participant="P02",
    minutes_sha256="ab" * 32,
    image_sha256="cd" * 32,
    public_key="ef",
    signature="12",
    verdict="",
    signed_utc_ms=1,
)


def away_of(entries: Sequence[ev.Entry], edition: Edition, case_no: str | None = None) -> Withheld:
    return withheld(timeline.read(entries), Restrictions(entries), edition, case_no)


def redacted(entries: Sequence[ev.Entry], edition: Edition, case_no: str | None = None) -> Redacted:
    return redact(entries, away_of(entries, edition, case_no), frozenset(), Restrictions(entries).cases)


def kinds(result: Redacted) -> set[str]:
    return {str(entry.event.__struct_config__.tag) for entry in result.visible}


@EACH
def test_every_entry_keeps_its_place_and_hash(edition: Edition) -> None:
    entries = secret.secret_log()
    result = redacted(entries, edition)
    lines = [json.loads(line) for line in result.lines]
    assert [line["hash"] for line in lines] == [entry.hash for entry in entries]
    assert [line["prev"] for line in lines] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    hidden = [line for line in lines if line.get("withheld")]
    masked = [line for line in lines if line.get("masked")]
    assert (len(hidden), len(masked)) == (result.withheld, result.masked)
    assert all(set(line) == {"session", "seq", "prev", "hash", "withheld"} for line in hidden)
    # With the salt beside the hash, a covered number would be found by trying.
    assert all(entry.salt for entry in entries)
    assert all("salt" not in line for line in masked)
    whole = [msgspec.convert(line, ev.Entry) for line in lines if line not in hidden and line not in masked]
    assert len(whole) == result.whole
    assert all(entry_hash(entry) == entry.hash for entry in whole)


@EACH
def test_no_secret_is_in_any_line(edition: Edition) -> None:
    words = secret.SECRET_WORDS if edition is Edition.PARTY else secret.PUBLIC_SECRET_WORDS
    text = b"".join(redacted(secret.secret_log(), edition).lines).decode()
    assert not [word for word in (*words, secret.NUMBER, secret.PHONE) if word in text]
    assert secret.OPEN_WORDS in text
    whole = b"".join(redacted(secret.secret_log(), Edition.COURT).lines).decode()
    assert all(word in whole for word in (*secret.PUBLIC_SECRET_WORDS, secret.NUMBER, secret.PHONE))


def test_a_number_that_two_joined_lines_make_is_not_left_in_halves() -> None:
    transcript = Transcript()
    for entry in redacted(secret.secret_log(), Edition.PARTY).visible:
        transcript.apply(entry)
    assert not [line.id for line in transcript if line.id in {"n2", "n3"}]


def test_words_of_a_masked_line_stay_its_pieces_and_keep_their_times() -> None:
    result = redacted(secret.secret_log(), Edition.PARTY)
    (heard,) = [e.event for e in result.visible if isinstance(e.event, UtteranceHeard) and "*" in e.event.text]
    assert "".join(word.text for word in heard.words) == heard.text == "440*************32"
    assert heard.raw == ""
    assert [word.from_ms for word in heard.words] == [11_100 + 100 * n for n in range(18)]
    assert [(span.from_ms, span.to_ms) for span in result.silent] == [(11_100, 12_900)]


def test_a_later_correction_that_tells_a_number_is_masked_and_silenced() -> None:
    edited = (15_900, LineEdited(line="P01@1000", revision=1, text=f"号码{secret.NUMBER}"), "P04")
    result = redacted(secret.secret_log([edited]), Edition.PARTY)
    texts = [e.event.text for e in result.visible if isinstance(e.event, LineEdited)]
    assert texts == ["号码440*************32"]
    assert result.silent[0].from_ms < 2_000


@EACH
def test_what_is_nobodys_business_does_not_leave_the_house(edition: Edition) -> None:
    further: list[tuple[int, ev.AnyEvent, str]] = [
        (1, ev.InvitationIssued(participant="P02", code_sha256="aa"), "clerk"),
        (
            1,
            DocumentChecked(participant="P02", kind="resident_id", masked="440", index_hmac="", registry="yes"),
            "P02",
        ),
        (
            1,
            VerdictGiven(participant="P02", verdict="v", outcome=VerdictOutcome.PASS, method=VerdictMethod.CLERK),
            "clerk",
        ),
        (
            1,
            ev.ParticipantAdded(seat=ev.Seat(participant="O1", seat="o1", role=Role.OBSERVER, name="旁听人")),
            "server",
        ),
        (2, ev.PresenceChanged(participant="O1", before=Presence.INVITED, after=Presence.PRESENT), "server"),
        (
            1,
            ev.ParticipantAdded(
                seat=ev.Seat(participant="W1", seat="supervisor-w", role=Role.SUPERVISOR, name="督察员")
            ),
            "server",
        ),
        (2, ev.PresenceChanged(participant="W1", before=Presence.INVITED, after=Presence.PRESENT), "server"),
        (16_000, ev.PackageMade(edition="court", manifest_sha512="", actor_name="某书记员"), "server"),
    ]
    result = redacted(secret.secret_log(further), edition)
    text = b"".join(result.lines).decode()
    assert not kinds(result) & {"invitation.issued", "identity.document_checked", "identity.verdict", "package.made"}
    assert "旁听人" not in text
    assert '"O1"' not in text
    assert '"W1"' not in text
    assert "督察员" not in text


@EACH
def test_a_hash_of_the_whole_text_is_no_oracle(edition: Edition) -> None:
    signed: list[tuple[int, ev.AnyEvent, str]] = [
        (16_000, ReviewOpened(minutes_sha256="ab" * 32, until_utc_ms=1), "P04"),
        (16_000, SIGNED, "P02"),
    ]
    result = redacted(secret.secret_log(signed), edition)
    assert "ab" * 32 not in b"".join(result.lines).decode()
    if edition is Edition.PARTY:
        (kept,) = [entry.event for entry in result.visible if isinstance(entry.event, MinutesSigned)]
        assert (kept.minutes_sha256, kept.signature, kept.image_sha256) == ("", "", "cd" * 32)


def test_where_nothing_is_hidden_the_parties_get_the_signatures_as_they_are() -> None:
    log = [*secret.secret_log()[:2]]
    entries = secret.Log("S")
    for entry in log:
        entries.add(0, entry.event)
    entries.add(5, said("公开的话", 0, "P01"))
    entries.add(6, SIGNED)
    result = redacted(entries.entries, Edition.PARTY)
    assert not result.text_changed
    assert SIGNED in [entry.event for entry in result.visible]


def test_a_protected_person_has_no_name_and_no_words() -> None:
    result = redacted(secret.secret_log(), Edition.PARTY)
    created = result.visible[0].event
    assert isinstance(created, ev.SessionCreated)
    assert [seat.name for seat in created.seats] == ["周明远", "林晓彤", NAMELESS, "许静怡"]
    texts = [e.event.text for e in result.visible if isinstance(e.event, UtteranceHeard)]
    assert "证人×××说完了" in texts
    assert not [text for text in texts if "我是" in text]


def test_deliberation_is_in_no_edition_and_closed_evidence_not_in_the_publics() -> None:
    phase: list[tuple[int, ev.AnyEvent, str]] = [
        (14_000, ev.PhaseChanged(phase=Phase.DELIBERATION), "P01"),
        (14_200, said("合议时所说", 14_100, "P01"), "server"),
        (14_500, ev.PhaseChanged(phase=Phase.JUDGMENT), "P01"),
    ]
    entries = secret.secret_log(phase)
    for edition in (Edition.PARTY, Edition.PUBLIC):
        spans = [(span.from_ms, span.to_ms) for span in away_of(entries, edition).spans]
        assert (14_000, 14_500) in spans
        assert (15_000, 15_600) in spans
        assert "合议时所说" not in b"".join(redacted(entries, edition).lines).decode()
    assert not away_of(entries, Edition.COURT).spans


def track_of(who: str, from_ms: int) -> ev.TrackOpened:
    return ev.TrackOpened(
        track="T9", file="t9.mkv", participant=who, seat="s", codecs=("opus",), sources=("mic",), from_ms=from_ms
    )


def gap_of(from_ms: int, to_ms: int) -> ev.GapRecorded:
    return ev.GapRecorded(track="T9", kind="audio", from_ms=from_ms, to_ms=to_ms, cause="silence")


@EACH
def test_nothing_tells_when_somebody_was_silent_while_nobody_may_listen(edition: Edition) -> None:
    """SECRET is from 3 to 5 s, the parties' alone is from 6 to 6.5 s."""
    gaps = [(1_000, 2_000), (3_400, 4_100), (4_700, 5_400), (2_500, 3_000), (5_500, 5_900), (6_100, 6_300)]
    further: list[tuple[int, ev.AnyEvent, str]] = [(500, track_of("P02", 500), "server")]
    further += [(to_ms, gap_of(from_ms, to_ms), "server") for from_ms, to_ms in gaps]
    further.append((3_600, TrackHeard(track="T9", participant="P02", until_ms=3_500), "server"))
    further.append((4_200, TrackHeard(track="T9", participant="P02", until_ms=4_100), "server"))
    result = redacted(secret.secret_log(further), edition)
    kept = [e.event for e in result.visible if isinstance(e.event, ev.GapRecorded) and e.event.track == "T9"]
    mine = [(gap.from_ms, gap.to_ms) for gap in kept]
    assert mine == [gaps[0], gaps[4]] if edition is Edition.PUBLIC else [gaps[0], gaps[4], gaps[5]]
    assert not [e for e in result.visible if isinstance(e.event, TrackHeard) and 3_000 <= e.at_ms < 5_000]


@EACH
def test_nothing_tells_when_a_camera_went_on_where_nobody_may_look(edition: Edition) -> None:
    further: list[tuple[int, ev.AnyEvent, str]] = [
        (3_100, ev.PhaseChanged(phase=Phase.DEBATE), "P01"),
        (3_456, track_of("P02", 3_450), "server"),
        (
            4_321,
            ev.TrackClosed(track="T9", file="t9.mkv", to_ms=4_320, bytes_total=5, reason="left"),
            "server",
        ),
        (4_500, ev.ParticipantAdded(seat=ev.Seat(participant="P9", seat="x", role=Role.AGENT, name="某")), "P04"),
    ]
    entries = secret.secret_log(further)
    result = redacted(entries, edition)
    by_seq = {entry.seq: entry for entry in result.visible}
    moved = [e for e in entries if isinstance(e.event, ev.TrackOpened | ev.TrackClosed | ev.ParticipantAdded)]
    inside = [by_seq[e.seq] for e in moved if 3_000 <= e.at_ms < 5_000]
    opened, closed, _ = (entry.event for entry in inside)
    assert isinstance(opened, ev.TrackOpened)
    assert isinstance(closed, ev.TrackClosed)
    assert (opened.from_ms, closed.to_ms) == (5_000, 3_000)
    # As of the span's beginning, but never before what stands before it in the log: a verifier looks for that.
    assert [entry.at_ms for entry in inside] == [3_100, 4_000, 4_000]
    assert [e.utc_ms - e.at_ms for e in inside] == [e.utc_ms - e.at_ms for e in moved if 3_000 <= e.at_ms < 5_000]
    times = [entry.at_ms for entry in result.visible]
    assert times == sorted(times)


@EACH
def test_nothing_tells_when_a_protected_person_spoke(edition: Edition) -> None:
    further: list[tuple[int, ev.AnyEvent, str]] = [
        (8_100, ev.SpeakerChanged(participants=("P01", "P03")), "server"),
        (8_200, ev.LayoutChanged(layout="speaker", locked=True, focus="P03"), "P01"),
        (8_300, ev.LayoutChanged(layout="speaker", locked=True, focus="P02"), "P01"),
    ]
    result = redacted(secret.secret_log(further), edition)
    told = [e.event for e in result.visible if 8_100 <= e.at_ms <= 8_300]
    assert [e.participants for e in told if isinstance(e, ev.SpeakerChanged)] == [("P01",)]
    assert [e.focus for e in told if isinstance(e, ev.LayoutChanged)] == [None, "P02"]


def interpreted(at_ms: int, text: str, serves: str | None) -> list[tuple[int, ev.AnyEvent, str]]:
    seat = ev.Seat(participant="P7", seat="i", role=Role.INTERPRETER, name="卓玛")
    return [
        (0, ev.ParticipantAdded(seat=seat), "server"),
        (0, LanguageSet(participant="P7", language="bo", interprets=serves), "server"),
        (at_ms + 1_500, said(text, at_ms, "P7", "bo"), "server"),
    ]


@EACH
@pytest.mark.parametrize(("at_ms", "serves"), [(9_400, "P03"), (5_200, None), (7_200, None)])
def test_what_an_interpreter_made_of_withheld_words_is_withheld(
    edition: Edition, at_ms: int, serves: str | None
) -> None:
    """Of the protected witness's, of what was said behind closed doors until 5 s, of what the parties may hear."""
    entries = secret.secret_log(interpreted(at_ms, "译文中的秘密", serves))
    result = redacted(entries, edition)
    told = edition is Edition.PARTY and at_ms == 7_200
    assert ("译文中的秘密" in b"".join(result.lines).decode()) == told
    assert any(span.from_ms <= at_ms and span.to_ms >= at_ms + 600 for span in result.silent) != told


@EACH
def test_what_an_interpreter_made_of_open_words_stays(edition: Edition) -> None:
    result = redacted(secret.secret_log(interpreted(2_100, "人人可以听的译文", None)), edition)
    assert "人人可以听的译文" in b"".join(result.lines).decode()
    assert [span for span in result.silent if span.from_ms < 3_000] == []


def test_no_head_tells_how_much_was_said_while_nobody_may_listen() -> None:
    entries = secret.secret_log()
    first = entries[0].utc_ms - entries[0].at_ms

    def head(seq: int, utc_ms: int) -> ev.Head:
        return ev.Head(session="S", seq=seq, hash=entries[seq - 1].hash, utc_ms=utc_ms, key="k", signature="s")

    def last_before(at_ms: int) -> int:
        return max(entry.seq for entry in entries if entry.at_ms < at_ms)

    heads = [head(last_before(at_ms), first + at_ms) for at_ms in (2_500, 3_500, 4_000, 4_950, 5_600)]
    final = head(len(entries), entries[-1].utc_ms)
    kept = told_heads([*heads, final], entries, away_of(entries, Edition.PARTY).spans)
    assert kept == [heads[0], heads[4], final]


def test_of_several_cases_each_gets_its_own() -> None:
    entries = secret.secret_log(several=True)
    with pytest.raises(UserError, match="case-needed"):
        away_of(entries, Edition.PARTY)
    first = redacted(entries, Edition.COURT, "(2026)粤01民初118号")
    second = redacted(entries, Edition.COURT, secret.OTHER_CASE)
    assert secret.CASE_TWO_WORDS not in b"".join(first.lines).decode()
    assert secret.CASE_TWO_WORDS in b"".join(second.lines).decode()
    created = second.visible[0].event
    assert isinstance(created, ev.SessionCreated)
    assert (created.case_no, created.cause, created.title) == (secret.OTHER_CASE, "借款合同纠纷", "借款合同纠纷")
    assert "glossary" not in b"".join(second.lines).decode()


def test_a_session_that_is_not_public_has_no_public_edition() -> None:
    log = secret.Log("S")
    for entry in secret.secret_log():
        event = entry.event
        if isinstance(event, ev.SessionCreated):
            event = msgspec.structs.replace(event, public=False)
        log.add(entry.at_ms, event, entry.actor)
    assert away_of(log.entries, Edition.PARTY).spans
    with pytest.raises(UserError, match="not-public"):
        away_of(log.entries, Edition.PUBLIC)


def test_a_restriction_that_was_lifted_hides_nothing() -> None:
    lifted = (16_001, RestrictionLifted(mark="r1"), "P01")
    spans = away_of(secret.secret_log([lifted]), Edition.PARTY).spans
    assert (secret.SECRET[0], secret.SECRET[1]) not in [(span.from_ms, span.to_ms) for span in spans]


def test_to_the_end_is_to_the_end() -> None:
    endless = AccessRestricted(mark="r9", from_ms=15_900, to_ms=None, access=Access.COURT, ground=Ground.OTHER)
    spans = away_of(secret.secret_log([(16_000, endless, "P04")]), Edition.PARTY).spans
    assert (spans[-1].from_ms, spans[-1].to_ms) == (15_900, 16_000)
