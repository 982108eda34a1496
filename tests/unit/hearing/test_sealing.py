"""Statements on incidents, the final seal and what may follow it: who may do it, when, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from hearing import commands as basic
from hearing import events as ev
from hearing import identity_events as ie
from hearing import seal_commands as cmd
from hearing import seal_events as se
from hearing.errors import Refused
from hearing.roles import Role
from hearing.seal_rules import decide_seal
from hearing.sealing import Sealing, Unmet, check_addition, of_log
from hearing.session import Move, Phase, State
from hearing.transcript_events import LineStruck
from tests.fakes.courtroom import Courtroom
from tests.fakes.hearings import SEATS
from tests.fakes.signer import Signer

pytestmark = pytest.mark.unit

NOW = 1_795_000_000_000
FAILED = ev.RecordingIncident(cause="disk-slow", from_ms=1_000, to_ms=2_000, detail="the disk")
MEDIA = se.SealMade(step="media", package="01P", manifest_sha512="ab" * 64, key="cd" * 32)
TEXT = "存储设备响应迟缓，\n该段由备用录音补充。"


def refused(code: str) -> pytest.RaisesExc[Refused]:
    return pytest.raises(Refused, check=lambda error: error.code == code)


class Closing:
    """A court that has closed, with one incident in its log."""

    def __init__(self, *, presided: bool = True) -> None:
        seats = SEATS if presided else tuple(s for s in SEATS if s.role is not Role.PRESIDING_JUDGE)
        self.room = Courtroom(seats)
        self.room.arrive(*(seat.participant for seat in seats))
        bench = "judge" if presided else "judge-2"
        self.room.move(Move.GATHER, "clerk")
        self.room.move(Move.OPEN, bench, override="测试")
        self.room.note([FAILED])
        self.incident = len(self.room.entries)
        self.room.move(Move.CLOSE, bench)

    @property
    def sealing(self) -> Sealing:
        return of_log(self.room.entries)

    def do(self, actor: str, command: cmd.SealCommand, *unmet: Unmet) -> None:
        events = decide_seal(self.room.hearing, self.sealing, unmet, actor, command, NOW)
        check_addition(self.room.hearing, events)
        self.room.note(events, actor)

    def explain(self, actor: str = "clerk", text: str = TEXT) -> None:
        self.do(actor, cmd.ExplainIncident(incident=self.incident, text=text))

    def sign(self, actor: str = "judge", text: str = TEXT, utc_ms: int = NOW) -> None:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        signed = Signer().signed_incident("s", actor, self.incident, sha256, utc_ms)
        self.do(actor, cmd.SignIncident(**signed))

    def minutes_signed(self) -> Closing:
        self.room.note(
            [
                ev.StateChanged(move=Move.REVIEW, before=State.CLOSED, after=State.TRANSCRIPT_REVIEW),
                ev.StateChanged(move=Move.SIGN_OFF, before=State.TRANSCRIPT_REVIEW, after=State.SIGNED),
                MEDIA,
            ]
        )
        return self

    def sealed(self) -> Closing:
        self.minutes_signed().do("clerk", cmd.SealRecord())
        return self


def test_the_clerk_explains_and_the_presiding_judge_signs() -> None:
    court = Closing()
    court.explain()
    court.sign()
    (incident,) = court.sealing.incidents.values()
    assert (incident.statement, incident.written_by) == (TEXT, "clerk")
    assert incident.signed is not None
    assert incident.signed.participant == "judge"
    before = len(court.room.entries)
    court.explain()
    court.sign()
    assert len(court.room.entries) == before, "said again, nothing is written again"


@pytest.mark.parametrize("who", ["judge", "judge-2", "plaintiff", "witness", "observer", "operator"])
def test_nobody_but_the_clerk_explains(who: str) -> None:
    with refused("no-right"):
        Closing().explain(who)


@pytest.mark.parametrize("who", ["clerk", "judge-2", "plaintiff", "operator"])
def test_nobody_but_the_presiding_judge_signs(who: str) -> None:
    court = Closing()
    court.explain()
    with refused("no-right"):
        court.sign(who)


def test_a_sole_judge_signs() -> None:
    court = Closing(presided=False)
    court.explain()
    court.sign("judge-2")
    assert court.sealing.incidents[court.incident].signed is not None


def test_what_is_signed_is_the_statement_as_it_reads() -> None:
    court = Closing()
    with refused("not-explained"):
        court.sign()
    court.explain()
    court.explain(text="另一说明")
    with refused("statement-changed"):
        court.sign()
    court.sign(text="另一说明")
    with refused("already-signed"):
        court.explain(text="事后改写")


def test_a_signature_is_checked_and_so_is_its_time() -> None:
    court = Closing()
    court.explain()
    with refused("bad-time"):
        court.sign(utc_ms=NOW - 3_600_000)
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    signed = Signer().signed_incident("another session", "judge", court.incident, sha256, NOW)
    with refused("bad-signature"):
        court.do("judge", cmd.SignIncident(**signed))


def test_incidents_that_are_not_there_and_texts_that_are_none() -> None:
    court = Closing()
    with refused("unknown-incident"):
        court.do("clerk", cmd.ExplainIncident(incident=1, text=TEXT))
    for text in ("", " \n ", "隐\u202e藏"):
        with refused("bad-text"):
            court.explain(text=text)


def test_an_incident_that_is_told_again_when_it_is_over_is_one() -> None:
    room = Courtroom().open()
    begun = ev.RecordingIncident(cause="disk-full", from_ms=5, to_ms=None, detail="full")
    room.note([begun, ev.RecordingIncident(cause="disk-full", from_ms=5, to_ms=9, detail="full"), begun])
    first, second = of_log(room.entries).incidents.values()
    assert (first.to_ms, second.to_ms) == (9, None)


def test_the_final_seal_waits_for_signatures_the_media_seal_and_the_list() -> None:
    court = Closing()
    with refused("not-signed"):
        court.do("clerk", cmd.SealRecord())
    court.minutes_signed()
    missing = Unmet(code="unsigned", zh="张三 未签名", en="not signed", todo_zh="", todo_en="")
    with refused("unmet") as problem:
        court.do("clerk", cmd.SealRecord(), missing)
    assert "张三" in problem.value.zh
    with refused("no-right"):
        court.do("judge", cmd.SealRecord())
    hint = Unmet(code="text-incomplete", zh="", en="", todo_zh="", todo_en="", blocks=False)
    court.do("clerk", cmd.SealRecord(), hint)
    assert court.room.hearing.state is State.SEALED
    ordered = court.room.entries[-1].event
    assert ordered == se.SealOrdered(participant="clerk", media_manifest_sha512=MEDIA.manifest_sha512)
    before = len(court.room.entries)
    court.do("clerk", cmd.SealRecord())
    assert len(court.room.entries) == before


def test_no_final_seal_without_a_media_seal_of_the_newest_closing() -> None:
    court = Closing()
    court.room.note([MEDIA])
    court.room.move(Move.REOPEN)
    court.room.move(Move.CLOSE)
    assert court.sealing.media is None
    court.room.note([ev.StateChanged(move=Move.SIGN_OFF, before=State.CLOSED, after=State.SIGNED)])
    with refused("unmet"):
        court.do("clerk", cmd.SealRecord())


def test_after_the_final_seal_there_are_supplements_and_nothing_else() -> None:
    court = Closing()
    court.explain()
    with refused("not-sealed"):
        court.do("clerk", cmd.Supplement(text="补充"))
    court.sealed()
    for actor, command in (
        ("clerk", cmd.ExplainIncident(incident=court.incident, text="再说明")),
        ("judge", cmd.SignIncident(**Signer().signed_incident("s", "judge", court.incident, "0" * 64, NOW))),
    ):
        with refused("sealed"):
            court.do(actor, command)
    with refused("no-right"):
        court.do("plaintiff", cmd.Supplement(text="补充"))
    court.do("clerk", cmd.Supplement(text="更正：附件二页码应为三。"))
    assert isinstance(court.room.entries[-1].event, se.RecordSupplemented)


def test_the_log_of_a_sealed_record_takes_additions_only() -> None:
    hearing = Closing().sealed().room.hearing
    changes: list[ev.AnyEvent] = [
        LineStruck(line="l", revision=2, struck=True, reason=""),
        FAILED,
        ev.PhaseChanged(phase=Phase.DEBATE),
        se.IncidentExplained(incident=1, participant="clerk", text="x"),
        se.SealOrdered(participant="clerk", media_manifest_sha512=""),
        ev.StateChanged(move=Move.REOPEN, before=State.SEALED, after=State.IN_SESSION),
        ev.GapRecorded(track="t", kind="audio", from_ms=0, to_ms=1, cause="loss"),
    ]
    additions: list[ev.AnyEvent] = [
        MEDIA,
        ev.PackageMade(edition="court", manifest_sha512="", actor_name=""),
        ie.IdentityErased(participant=None, items=1, key_destroyed=True, reason="retention", by="server"),
        se.RecordSupplemented(participant="clerk", text="x"),
    ]
    for event in changes:
        with refused("sealed"):
            check_addition(hearing, [additions[0], event])
    check_addition(hearing, additions)


@pytest.mark.parametrize("move", Move)
def test_no_move_leads_out_of_the_seal(move: Move) -> None:
    with pytest.raises(Refused):
        Closing().sealed().room.move(move)


def test_other_commands_are_refused_too() -> None:
    room = Closing().sealed().room
    with refused("not-open"):
        room.do("judge", basic.SetPhase(phase=Phase.DEBATE))
