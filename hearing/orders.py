"""What people do and have done to them: called, sent out, muted, given the floor, asking for help.

Each function gives the events of one command whose right `hearing.decide` has checked; an empty list means it is
already so. Raises Refused. Pure.
"""

from __future__ import annotations

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.identity_events import SeatChecked
from hearing.participant import CONNECTED, IN_COURTROOM, Presence, check_follows
from hearing.policy import is_verified
from hearing.roles import Right, Role, is_bench, is_isolated, rights
from hearing.session import State, is_recording
from hearing.state import Hearing, Person
from hearing.transcript_events import LanguageSet

MAX_FLOOR_MS = 24 * 3600 * 1000

Events = list[ev.AnyEvent]


def admit(hearing: Hearing, command: cmd.Admit) -> Events:
    person = _target(hearing, command.participant)
    after = Presence.PRESENT
    if is_isolated(person.role):
        after = Presence.TESTIFYING
        if hearing.state is not State.IN_SESSION:
            raise Refused("not-open", "开庭后才能传唤证人", "a witness is called only while the session is open")
    if person.presence is after:
        return []
    if person.role is Role.OBSERVER and not hearing.public:
        raise Refused("not-public", "不公开审理，不得旁听", "the hearing is closed to the public")
    _check_connected(person)
    if not is_verified(hearing, person):
        raise Refused(
            "not-verified",
            f"{person.seat.name}尚未通过身份核验，请先在核验队列中处理",
            f"{person.seat.name} has not passed the gate: decide in the gate's queue first",
        )
    check_follows(person.presence, after)
    return [presence_changed(person, after, "admitted")]


def dismiss(hearing: Hearing, command: cmd.Dismiss) -> Events:
    person = _target(hearing, command.participant)
    _check_not_bench(person)
    after = Presence.DISMISSED if is_isolated(person.role) else Presence.WAITING
    if person.presence is after:
        return []
    if after is Presence.WAITING:
        _check_connected(person)
    check_follows(person.presence, after)
    return [presence_changed(person, after, "dismissed")]


def remove(hearing: Hearing, command: cmd.Remove) -> Events:
    person = _target(hearing, command.participant)
    if not command.reason.strip():
        raise Refused("reason-needed", "请说明请出的理由", "a reason is needed to remove somebody")
    _check_not_bench(person)
    if person.presence is Presence.REMOVED:
        return []
    check_follows(person.presence, Presence.REMOVED)
    return [presence_changed(person, Presence.REMOVED, command.reason)]


def mute(hearing: Hearing, actor: Person, command: cmd.SetMute) -> Events:
    own = command.participant == actor.seat.participant
    orders = Right.KEEP_ORDER in rights(actor.role)
    if not own and not orders:
        raise Refused("no-right", "您只能控制自己的麦克风和摄像头", "you may mute only yourself")
    if own and not orders and not command.muted and _locked(actor, command.kind):
        raise Refused(
            "mute-locked", "法官已将您静音，请举手发言", "the court has muted you: raise your hand to speak"
        )
    if command.participant is None:
        targets = [p for p in hearing.people.values() if not is_bench(p.role) and Right.PUBLISH in rights(p.role)]
    else:
        targets = [_target(hearing, command.participant)]
    events: Events = []
    for p in targets:
        # One's own button never undoes an order, and nobody locks the bench.
        lock = command.locked and not is_bench(p.role) if orders else _locked(p, command.kind)
        wanted = (command.muted, command.muted and lock)
        if Right.PUBLISH in rights(p.role) and (_muted(p, command.kind), _locked(p, command.kind)) != wanted:
            events.append(
                ev.MuteSet(participant=p.seat.participant, kind=command.kind, muted=wanted[0], locked=wanted[1])
            )
    return events


def _muted(person: Person, kind: str) -> bool:
    return person.audio_muted if kind == "audio" else person.video_muted


def _locked(person: Person, kind: str) -> bool:
    return person.audio_locked if kind == "audio" else person.video_locked


def grant_floor(hearing: Hearing, command: cmd.GrantFloor) -> Events:
    if command.participant is None:
        return [ev.FloorGranted(participant=None)] if hearing.floor is not None else []
    if not is_recording(hearing.state):
        raise Refused("not-open", "庭审进行中才能请发言", "the floor is granted only while the session runs")
    person = _target(hearing, command.participant)
    if person.presence not in IN_COURTROOM or Right.PUBLISH not in rights(person.role):
        raise Refused("not-here", f"{person.seat.name}不在庭", f"{person.seat.name} is not in the courtroom")
    limit_ms = min(max(0, command.limit_ms), MAX_FLOOR_MS)
    events: Events = [ev.FloorGranted(participant=command.participant, limit_ms=limit_ms)]
    if person.hand_raised_ms is not None:
        events.append(ev.HandRaised(participant=command.participant, raised=False))
    if person.audio_muted:
        events.append(ev.MuteSet(participant=command.participant, kind="audio", muted=False, locked=False))
    return events


def set_layout(hearing: Hearing, command: cmd.SetLayout) -> Events:
    if command.focus is not None:
        _target(hearing, command.focus)
    if (command.layout, command.locked, command.focus) == (hearing.layout, hearing.layout_locked, hearing.focus):
        return []
    return [ev.LayoutChanged(layout=command.layout, locked=command.locked, focus=command.focus)]


def warn(hearing: Hearing, command: cmd.Warn) -> Events:
    person = _target(hearing, command.participant)
    _check_not_bench(person)
    if not command.reason.strip():
        raise Refused("reason-needed", "请说明警告的理由", "a warning needs a reason")
    return [ev.Warned(participant=command.participant, count=person.warnings + 1, reason=command.reason)]


def raise_hand(hearing: Hearing, actor: Person, command: cmd.RaiseHand) -> Events:
    person = actor if command.participant is None else _target(hearing, command.participant)
    if person is not actor and (command.raised or Right.ADMIT not in rights(actor.role)):
        raise Refused("no-right", "您只能为自己举手", "you may raise only your own hand")
    if (person.hand_raised_ms is not None) == command.raised:
        return []
    return [ev.HandRaised(participant=person.seat.participant, raised=command.raised)]


def ask_help(actor: Person, command: cmd.AskHelp) -> Events:
    if actor.help_asked and not command.text:
        return []
    return [ev.HelpAsked(participant=actor.seat.participant, text=command.text)]


def answer_help(hearing: Hearing, command: cmd.AnswerHelp) -> Events:
    person = _target(hearing, command.participant)
    return [ev.HelpAsked(participant=command.participant, text="", answered=True)] if person.help_asked else []


def set_language(hearing: Hearing, command: cmd.SetLanguage) -> Events:
    person = _target(hearing, command.participant)
    language = command.language or ""
    if command.interprets is not None:
        served = _target(hearing, command.interprets)
        if person.role is not Role.INTERPRETER or served is person:
            zh, en = f"{person.seat.name}不是翻译人员", f"{person.seat.name} is not an interpreter here"
            raise Refused("not-interpreter", zh, en)
    if (person.language, person.interprets) == (language, command.interprets):
        return []
    return [LanguageSet(participant=command.participant, language=language, interprets=command.interprets)]


def check_seat(hearing: Hearing, command: cmd.CheckSeat) -> Events:
    standing = _target(hearing, command.participant).standing
    if standing.watch != command.state:
        raise Refused("seat-changed", "席位情况已变化，请重新核实", "the seat has changed meanwhile: look again")
    if standing.watch_checked:
        return []
    return [SeatChecked(participant=command.participant, state=command.state)]


def report_howling(actor: Person, command: cmd.ReportHowling) -> Events:
    if actor.howling == command.muted:
        return []
    return [ev.DeviceHeardItself(participant=actor.seat.participant, muted=command.muted)]


def leave(actor: Person, command: cmd.Leave) -> Events:
    return [presence_changed(actor, Presence.LEFT, command.reason or "left", "leave command")]


def _target(hearing: Hearing, participant: str) -> Person:
    person = hearing.people.get(participant)
    if person is None:
        raise Refused(
            "unknown-participant", f"名单中没有此人：{participant}", f"nobody here has the id {participant}"
        )
    return person


def _check_connected(person: Person) -> None:
    if person.presence not in CONNECTED:
        raise Refused("not-here", f"{person.seat.name}不在线", f"{person.seat.name} is not connected")


def _check_not_bench(person: Person) -> None:
    if is_bench(person.role):
        raise Refused("no-right", "不能对合议庭成员进行此操作", "nobody may do this to a member of the bench")


def presence_changed(person: Person, after: Presence, reason: str, evidence: str = "") -> ev.PresenceChanged:
    return ev.PresenceChanged(
        participant=person.seat.participant, before=person.presence, after=after, reason=reason, evidence=evidence
    )
