"""Commands on a finished record in, events out: statements on incidents, the final seal, supplements. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hearing import seal_commands as cmd
from hearing import seal_events as se
from hearing.acting import acting, need, no_right
from hearing.errors import Refused
from hearing.events import StateChanged
from hearing.line_rules import clean_text
from hearing.review_rules import MAX_CLOCK_ERROR_MS
from hearing.roles import Right, Role
from hearing.sealing import Incident, Sealing, Unmet
from hearing.session import Move, State, is_over, state_label
from hearing.signing import incident_holds
from hearing.state import Hearing, Person

Events = list[se.SealEvent | StateChanged]

MOST_NAMED = 3
"""Of the unmet requirements, in the sentence that refuses; the list has all."""


def decide_seal(
    hearing: Hearing,
    sealing: Sealing,
    unmet: Sequence[Unmet],
    actor: str,
    command: cmd.SealCommand,
    now_utc_ms: int,
) -> Events:
    """Events that carry out `command` of participant `actor`; none when it is already so.

    `unmet` is the pre-flight list (`records.sealing.preflight`), of which only the final seal takes notice. Raises
    Refused: `unknown-participant`, `no-right`, `not-verified`, `not-here`, `sealed`, `not-closed`,
    `unknown-incident`, `bad-text`, `already-signed`, `not-explained`, `statement-changed`, `bad-time`,
    `bad-signature`, `not-signed`, `unmet`, `not-sealed`.
    """
    person = acting(hearing, actor)
    match command:
        case cmd.ExplainIncident():
            return _explain(hearing, sealing, person, command)
        case cmd.SignIncident():
            return _sign(hearing, sealing, person, command, now_utc_ms)
        case cmd.SealRecord():
            return _seal(hearing, sealing, unmet, person)
        case cmd.Supplement():
            return _supplement(hearing, person, command)


def signs_incidents(hearing: Hearing, person: Person) -> bool:
    """The presiding judge; the sole judge where nobody presides (独任审判)."""
    if person.role is Role.PRESIDING_JUDGE:
        return True
    presided = any(each.role is Role.PRESIDING_JUDGE for each in hearing.people.values())
    return person.role is Role.JUDGE and not presided


def _incident(hearing: Hearing, sealing: Sealing, number: int) -> Incident:
    if hearing.state is State.SEALED:
        raise Refused("sealed", "案卷已封存，不能再说明录制异常", "the record is sealed: nothing of it changes")
    if not is_over(hearing.state):
        raise Refused("not-closed", "闭庭后才能说明录制异常", "incidents are explained after the closing")
    found = sealing.incidents.get(number)
    if found is None:
        raise Refused("unknown-incident", "没有这项录制异常", f"there is no incident {number}")
    return found


def _explain(hearing: Hearing, sealing: Sealing, person: Person, command: cmd.ExplainIncident) -> Events:
    need(person, Right.WRITE_MINUTES)
    incident = _incident(hearing, sealing, command.incident)
    text = _clean(command.text)
    if incident.statement == text:
        return []
    if incident.signed is not None:
        raise Refused("already-signed", "审判长已签名，说明不能再改", "the judge has signed: the statement stands")
    return [se.IncidentExplained(incident=incident.id, participant=person.seat.participant, text=text)]


def _sign(hearing: Hearing, sealing: Sealing, person: Person, command: cmd.SignIncident, now_utc_ms: int) -> Events:
    if not signs_incidents(hearing, person):
        raise no_right(person)
    incident = _incident(hearing, sealing, command.incident)
    if not incident.statement:
        raise Refused("not-explained", "书记员尚未说明此项录制异常", "the clerk has not explained this incident yet")
    if command.statement_sha256 != incident.statement_sha256:
        raise Refused(
            "statement-changed", "说明刚有修改，请重新阅读后再签名", "the statement has changed: read it again"
        )
    if incident.signed is not None:
        return []
    if abs(command.signed_utc_ms - now_utc_ms) > MAX_CLOCK_ERROR_MS:
        raise Refused(
            "bad-time", "设备时间不准，请校准后再签名", "your device's clock is wrong: set it and sign again"
        )
    signed = se.IncidentSigned(
        incident=incident.id,
        participant=person.seat.participant,
        statement_sha256=command.statement_sha256,
        public_key=command.public_key,
        signature=command.signature,
        signed_utc_ms=command.signed_utc_ms,
    )
    if not incident_holds(hearing.session, signed):
        raise Refused("bad-signature", "签名校验未通过，请重新签名", "the signature does not hold: sign again")
    return [signed]


def _seal(hearing: Hearing, sealing: Sealing, unmet: Sequence[Unmet], person: Person) -> Events:
    need(person, Right.WRITE_MINUTES)
    if hearing.state is State.SEALED:
        return []
    if hearing.state is not State.SIGNED:
        raise Refused(
            "not-signed",
            f"笔录签名完成后才能封存（当前：{state_label(hearing.state)}）",
            "the record is sealed once the minutes are signed off",
        )
    blocking = [each for each in unmet if each.blocks]
    if blocking or sealing.media is None:
        named = blocking[:MOST_NAMED]
        zh = "；".join(each.zh for each in named) or "媒体封存尚未完成"
        en = "; ".join(each.en for each in named) or "the media seal is not made yet"
        more = len(blocking) - len(named)
        raise Refused(
            "unmet",
            f"尚不能封存：{zh}" + (f"；另有{more}项" if more > 0 else ""),
            f"not yet: {en}" + (f"; and {more} more" if more > 0 else ""),
        )
    return [
        StateChanged(move=Move.SEAL, before=State.SIGNED, after=State.SEALED),
        se.SealOrdered(participant=person.seat.participant, media_manifest_sha512=sealing.media.manifest_sha512),
    ]


def _clean(text: str) -> str:
    """Several paragraphs, each as `clean_text` wants it."""
    return "\n".join(clean_text(line) for line in text.strip().splitlines() if line.strip()) or clean_text(text)


def _supplement(hearing: Hearing, person: Person, command: cmd.Supplement) -> Events:
    need(person, Right.WRITE_MINUTES)
    if hearing.state is not State.SEALED:
        raise Refused("not-sealed", "案卷尚未封存，请直接更正笔录", "the record is not sealed: correct the minutes")
    return [se.RecordSupplemented(participant=person.seat.participant, text=_clean(command.text))]
