"""Commands on finished minutes in, events out. Pure; the counterpart of `hearing.decide` after 闭庭."""

from __future__ import annotations

from dataclasses import dataclass

from hearing import review_commands as cmd
from hearing import review_events as re
from hearing.acting import acting, need
from hearing.errors import Refused
from hearing.events import StateChanged
from hearing.line_rules import clean_text
from hearing.review import Review
from hearing.roles import Right, Role, is_device
from hearing.session import Move, State, state_label
from hearing.signing import holds
from hearing.state import Hearing, Person
from hearing.transcript import Line, Transcript
from hearing.transcript_events import LineEdited, LineKind

Events = list[re.ReviewEvent | StateChanged | LineEdited]

READING_DAYS = 5
"""民诉法 150: read on the spot or within five days."""
MAX_CLOCK_ERROR_MS = 600_000
"""How far a phone's clock may be off."""
MAX_CORRECTIONS = 200
"""Of one person; more is a document of its own, not corrections."""

_DAY_MS = 86_400_000
_NO_SIGNERS = frozenset({Role.OBSERVER, Role.SUPERVISOR, Role.OPERATOR, Role.DISPLAY})


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the rules look at. `sha256` is that of the minutes as they read now; `image` the picture of a signature
    by its hash, or None."""

    transcript: Transcript
    review: Review
    sha256: str
    image: bytes | None = None
    listened: bool = False
    """Of the line in question: the clerk was given its sound."""
    soundless: bool = False
    """Of the same: there is no sound to give."""


def decide_review(
    hearing: Hearing, minutes: Minutes, actor: str, command: cmd.ReviewCommand, now_utc_ms: int
) -> Events:
    """Events that carry out `command` of participant `actor`; none when it is already so.

    Raises Refused: `unknown-participant`, `no-right`, `not-verified`, `not-here`, `not-in-review`, `not-closed`,
    `unknown-line`, `line-changed`, `bad-text`, `too-many`, `unknown-correction`, `already-decided`, `reason-needed`,
    `listen-first`, `minutes-changed`, `bad-signature`, `bad-time`, `unsigned`, `undecided`.
    """
    person = acting(hearing, actor)
    match command:
        case cmd.OpenReview():
            return _open(hearing, minutes, person, now_utc_ms)
        case cmd.SignOff():
            return _sign_off(hearing, minutes, person)
    if hearing.state is not State.TRANSCRIPT_REVIEW:
        raise Refused(
            "not-in-review",
            f"笔录尚未开放核对或已结束（当前：{state_label(hearing.state)}）",
            "the minutes are not open to review now",
        )
    match command:
        case cmd.RequestCorrection():
            return _request(hearing, minutes, person, command)
        case cmd.DecideCorrection():
            return _decide(minutes, person, command)
        case cmd.SignMinutes():
            return _sign(hearing, minutes, person, command, now_utc_ms)
        case cmd.RefuseToSign():
            return _refuse(hearing, minutes, person, command)


def signers(hearing: Hearing) -> tuple[Person, ...]:
    """Who signs the minutes: everybody who was in the courtroom and no spectator, in order of the seats."""
    return tuple(
        person
        for person in hearing.people.values()
        if person.role not in _NO_SIGNERS and not is_device(person.role) and person.took_part
    )


def _check_signer(hearing: Hearing, person: Person) -> None:
    if person not in signers(hearing):
        raise Refused("no-right", "您无须在本笔录上签名", "you need not sign these minutes")


def _check_same(minutes: Minutes, sha256: str) -> None:
    if sha256 != minutes.sha256:
        raise Refused(
            "minutes-changed",
            "笔录刚有更正，请重新阅读后再签名",
            "the minutes have just been corrected: read them again before you sign",
        )


def _check_revision(line: Line, revision: int) -> None:
    if line.revision != revision:
        raise Refused("line-changed", f"此行已更正，现为：{line.text}", f"this line now reads: {line.text}")


def _open(hearing: Hearing, minutes: Minutes, person: Person, now_utc_ms: int) -> Events:
    need(person, Right.WRITE_MINUTES)
    if hearing.state is State.TRANSCRIPT_REVIEW:
        return []
    if hearing.state not in {State.CLOSED, State.SIGNED}:
        raise Refused("not-closed", "闭庭后才能开放笔录核对", "the minutes are laid open after the closing")
    if hearing.state is State.SIGNED and not _unsettled(hearing, minutes):
        raise Refused("not-closed", "笔录已签名，且未再变动", "the minutes are signed and have not changed since")
    until_utc_ms = now_utc_ms + READING_DAYS * _DAY_MS
    return [
        StateChanged(move=Move.REVIEW, before=hearing.state, after=State.TRANSCRIPT_REVIEW),
        re.ReviewOpened(minutes_sha256=minutes.sha256, until_utc_ms=until_utc_ms),
    ]


def _request(hearing: Hearing, minutes: Minutes, person: Person, command: cmd.RequestCorrection) -> Events:
    _check_signer(hearing, person)
    line = minutes.transcript.get(command.line)
    # Marks are the court's own: nobody learns what one says by naming it.
    if line is None or not line.shown or line.kind is LineKind.MARK:
        raise Refused("unknown-line", "笔录中没有这一行", f"there is no line {command.line}")
    _check_revision(line, command.revision)
    mine = [each for each in minutes.review.corrections.values() if each.participant == person.seat.participant]
    if len(mine) >= MAX_CORRECTIONS:
        raise Refused("too-many", "补正申请过多，请提交书面意见", "too many requests: hand in a written statement")
    wanted = clean_text(command.wanted)
    if wanted == line.text:
        raise Refused("bad-text", "与笔录现有内容相同", "the line reads so already")
    if any((each.accepted, each.line, each.wanted) == (None, line.id, wanted) for each in mine):
        return []
    return [
        re.CorrectionRequested(
            correction=f"c{hearing.last_seq + 1}",
            participant=person.seat.participant,
            line=line.id,
            was=line.text,
            wanted=wanted,
            reason=command.reason.strip(),
        )
    ]


def _decide(minutes: Minutes, person: Person, command: cmd.DecideCorrection) -> Events:
    need(person, Right.WRITE_MINUTES)
    asked = minutes.review.corrections.get(command.correction)
    if asked is None:
        raise Refused("unknown-correction", "没有这项补正申请", f"there is no request {command.correction}")
    if asked.accepted is not None:
        raise Refused("already-decided", "此申请已处理", "this request has been decided already")
    if not command.accepted and not command.reason.strip():
        raise Refused("reason-needed", "不予补正须说明理由", "a refusal needs a reason")
    line = minutes.transcript.get(asked.line)
    if line is None or (command.accepted and not line.shown):
        raise Refused("unknown-line", "笔录中已没有这一行", f"there is no line {asked.line} any more")
    if command.accepted:
        _check_revision(line, command.revision)
    if line.track and not minutes.listened and not minutes.soundless:
        raise Refused("listen-first", "请先播放该段录音再作决定", "play the recording of this line before you decide")
    events: Events = [
        re.CorrectionDecided(
            correction=asked.id, accepted=command.accepted, reason=command.reason.strip(), listened=minutes.listened
        )
    ]
    if command.accepted and line.text != asked.wanted:
        events.append(
            LineEdited(line=line.id, revision=line.revision + 1, text=asked.wanted, reason=f"补正 {asked.id}")
        )
    return events


def _sign(hearing: Hearing, minutes: Minutes, person: Person, command: cmd.SignMinutes, now_utc_ms: int) -> Events:
    _check_signer(hearing, person)
    _check_same(minutes, command.minutes_sha256)
    if abs(command.signed_utc_ms - now_utc_ms) > MAX_CLOCK_ERROR_MS:
        raise Refused(
            "bad-time", "设备时间不准，请校准后再签名", "your device's clock is wrong: set it and sign again"
        )
    before = minutes.review.standing(person.seat.participant, minutes.sha256)
    if before is not None and before.signed is not None:
        return []
    verdict = person.standing.verdict
    signed = re.MinutesSigned(
        participant=person.seat.participant,
        minutes_sha256=command.minutes_sha256,
        image_sha256=command.image_sha256,
        public_key=command.public_key,
        signature=command.signature,
        verdict=command.verdict,
        signed_utc_ms=command.signed_utc_ms,
    )
    known = verdict.id if verdict is not None else ""
    if command.verdict != known or minutes.image is None or not holds(hearing.session, signed, minutes.image):
        raise Refused("bad-signature", "签名校验未通过，请重新签名", "the signature does not hold: sign again")
    return [signed]


def _refuse(hearing: Hearing, minutes: Minutes, person: Person, command: cmd.RefuseToSign) -> Events:
    who = person
    if command.participant is not None and command.participant != person.seat.participant:
        need(person, Right.WRITE_MINUTES)
        found = hearing.people.get(command.participant)
        if found is None:
            raise Refused("unknown-participant", "名单中没有此人", f"nobody has the id {command.participant}")
        who = found
    _check_signer(hearing, who)
    _check_same(minutes, command.minutes_sha256)
    reason = command.reason.strip()
    if not reason:
        raise Refused("reason-needed", "请说明不签名的理由", "say why: it is recorded in the file")
    before = minutes.review.standing(who.seat.participant, minutes.sha256)
    if before is not None and before.refusal == reason:
        return []
    if before is not None and before.signed is not None and who is not person:
        raise Refused("already-decided", "此人已签名", "this person has signed")
    return [
        re.SigningRefused(participant=who.seat.participant, minutes_sha256=minutes.sha256, reason=clean_text(reason))
    ]


def _unsettled(hearing: Hearing, minutes: Minutes) -> list[str]:
    """Names of those who have neither signed nor refused the minutes as they read now."""
    return [
        each.seat.name
        for each in signers(hearing)
        if minutes.review.standing(each.seat.participant, minutes.sha256) is None
    ]


def _sign_off(hearing: Hearing, minutes: Minutes, person: Person) -> Events:
    need(person, Right.WRITE_MINUTES)
    if hearing.state is State.SIGNED:
        return []
    if hearing.state is not State.TRANSCRIPT_REVIEW:
        raise Refused("not-in-review", "笔录尚未开放核对", "the minutes are not open to review")
    if minutes.review.undecided():
        raise Refused("undecided", "还有补正申请未处理", "there are requests for correction without an answer")
    missing = _unsettled(hearing, minutes)
    if missing:
        names = "、".join(missing)
        raise Refused("unsigned", f"尚未签名：{names}", f"not signed yet: {names}")
    return [StateChanged(move=Move.SIGN_OFF, before=hearing.state, after=State.SIGNED)]
