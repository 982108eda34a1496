"""Commands in, events out: the rules of the courtroom as one pure function.

`decide` neither reads a clock nor changes anything; the caller appends the events it returns, durably, before
anybody is told. It is not idempotent (a second 开庭 is refused), except where a docstring of a command says so.
"""

from __future__ import annotations

from collections.abc import Callable

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused
from hearing.participant import CONNECTED, IN_COURTROOM, Presence, check_follows
from hearing.roles import Right, is_bench, is_isolated, label, rights
from hearing.session import REOPEN_WINDOW_MS, Move, Phase, State, is_open, lawful_pause, next_state
from hearing.state import Hearing, Person

_NEEDS: dict[type[cmd.Command], Right] = {
    cmd.MoveSession: Right.RUN_SESSION,
    cmd.SetPhase: Right.RUN_SESSION,
    cmd.GrantFloor: Right.RUN_SESSION,
    cmd.Admit: Right.ADMIT,
    cmd.Dismiss: Right.ADMIT,
    cmd.Remove: Right.KEEP_ORDER,
    cmd.Warn: Right.KEEP_ORDER,
    cmd.SetLayout: Right.ARRANGE,
    cmd.RaiseHand: Right.RAISE_HAND,
    cmd.AskHelp: Right.ASK_HELP,
    cmd.AnswerHelp: Right.ADMIT,
}

_CLERK_MOVES = frozenset({Move.GATHER, Move.CANCEL})
_HELD_PHASES = frozenset({"evidence", "debate", "investigation", "final_statement"})

Events = list[ev.AnyEvent]


def decide(hearing: Hearing, actor: str, command: cmd.AnyCommand, now_ms: int) -> Events:
    """Events that carry out `command` of participant `actor` at session time `now_ms`.

    An empty list means: it is already so. Raises Refused with a stable code and both languages:
    `no-right`, `not-here`, `unknown-participant`, `move-not-allowed`, `reason-needed`, `required-missing`,
    `phase-held`, `reopen-too-late`, `not-open`, `mute-locked`, `presence-not-allowed`.
    """
    person = hearing.people.get(actor)
    if person is None:
        raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
    _check_right(person, command)
    handler: Callable[[Hearing, Person, cmd.AnyCommand, int], Events] = _HANDLERS[type(command)]
    return handler(hearing, person, command, now_ms)


def _check_right(person: Person, command: cmd.AnyCommand) -> None:
    needed = _NEEDS.get(type(command))
    if (
        isinstance(command, cmd.MoveSession)
        and command.move in _CLERK_MOVES
        and Right.MANAGE_SESSION in rights(person.role)
    ):
        return
    if needed is not None and needed not in rights(person.role):
        zh, en = label(person.role)
        raise Refused("no-right", f"{zh}无权进行此操作", f"a {en.lower()} may not do this")
    if person.presence not in CONNECTED:
        raise Refused("not-here", "您当前不在线", "you are not connected")


def _target(hearing: Hearing, participant: str) -> Person:
    person = hearing.people.get(participant)
    if person is None:
        raise Refused(
            "unknown-participant", f"名单中没有此人：{participant}", f"nobody here has the id {participant}"
        )
    return person


def _move(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.MoveSession)
    move = command.move
    after = next_state(hearing.state, move)
    reason = command.override or command.reason
    if move is Move.OPEN:
        _check_required(hearing, command.override)
    if move is Move.REOPEN:
        closed_at_ms = hearing.closed_at_ms if hearing.closed_at_ms is not None else 0
        if now_ms - closed_at_ms > REOPEN_WINDOW_MS:
            raise Refused(
                "reopen-too-late",
                "闭庭已超过一分钟，不能撤销",
                "the session closed over a minute ago: it stays closed",
            )
    if move in {Move.CONVERT_OFFLINE, Move.SUSPEND, Move.CANCEL} and not reason.strip():
        raise Refused("reason-needed", "请说明理由", "a reason is needed")
    changed = ev.StateChanged(
        move=move,
        before=hearing.state,
        after=after,
        reason=reason,
        resume_utc_ms=command.resume_utc_ms,
        pause=lawful_pause(after),
    )
    events: Events = [changed]
    if move is Move.OPEN:
        events += [
            _presence(person, Presence.PRESENT, "opened")
            for person in hearing.people.values()
            if person.presence is Presence.WAITING and not is_isolated(person.role)
        ]
        events.append(ev.PhaseChanged(phase=Phase.OPENING))
    if after in {State.ADJOURNED, State.CLOSED} and hearing.floor is not None:
        events.append(ev.FloorGranted(participant=None))
    return events


def _check_required(hearing: Hearing, override: str) -> None:
    missing = [
        f"{label(person.role)[0]} {person.seat.name}"
        for person in hearing.people.values()
        if person.seat.required and not is_isolated(person.role) and person.presence not in CONNECTED
    ]
    if missing and not override.strip():
        names = "、".join(missing)
        raise Refused(
            "required-missing",
            f"未到庭：{names}。说明理由后仍可开庭",
            f"not here yet: {names}; give a reason to open anyway",
        )


def _phase(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.SetPhase)
    if not is_open(hearing.state):
        raise Refused("not-open", "尚未开庭", "the session is not open")
    if command.phase is hearing.phase:
        return []
    held = [p.seat.name for p in hearing.people.values() if p.seat.required and p.presence is Presence.DROPPED]
    if held and command.phase.value in _HELD_PHASES:
        raise Refused(
            "phase-held",
            f"关键当事人掉线：{'、'.join(held)}，环节暂停推进",
            f"held: {', '.join(held)} lost the connection",
        )
    return [ev.PhaseChanged(phase=command.phase)]


def _admit(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Admit)
    person = _target(hearing, command.participant)
    after = Presence.PRESENT
    if is_isolated(person.role):
        after = Presence.TESTIFYING
        if hearing.state is not State.IN_SESSION:
            raise Refused("not-open", "开庭后才能传唤证人", "a witness is called only while the session is open")
    if person.presence is after:
        return []
    check_follows(person.presence, after)
    return [_presence(person, after, "admitted")]


def _dismiss(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Dismiss)
    person = _target(hearing, command.participant)
    after = Presence.DISMISSED if is_isolated(person.role) else Presence.WAITING
    if person.presence is after:
        return []
    check_follows(person.presence, after)
    return [_presence(person, after, "dismissed")]


def _remove(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Remove)
    person = _target(hearing, command.participant)
    if not command.reason.strip():
        raise Refused("reason-needed", "请说明请出的理由", "a reason is needed to remove somebody")
    if person.presence is Presence.REMOVED:
        return []
    check_follows(person.presence, Presence.REMOVED)
    return [_presence(person, Presence.REMOVED, command.reason)]


def _mute(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.SetMute)
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
    locked = command.locked and command.muted and orders
    return [
        ev.MuteSet(participant=p.seat.participant, kind=command.kind, muted=command.muted, locked=locked)
        for p in targets
        if (_muted(p, command.kind), _locked(p, command.kind)) != (command.muted, locked)
    ]


def _muted(person: Person, kind: str) -> bool:
    return person.audio_muted if kind == "audio" else person.video_muted


def _locked(person: Person, kind: str) -> bool:
    return person.audio_locked if kind == "audio" else person.video_locked


def _floor(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.GrantFloor)
    if command.participant is None:
        return [ev.FloorGranted(participant=None)] if hearing.floor is not None else []
    person = _target(hearing, command.participant)
    if person.presence not in IN_COURTROOM:
        raise Refused("not-here", f"{person.seat.name}不在庭", f"{person.seat.name} is not in the courtroom")
    events: Events = [ev.FloorGranted(participant=command.participant, limit_ms=max(0, command.limit_ms))]
    if person.hand_raised_ms is not None:
        events.append(ev.HandRaised(participant=command.participant, raised=False))
    if person.audio_muted:
        events.append(ev.MuteSet(participant=command.participant, kind="audio", muted=False, locked=False))
    return events


def _layout(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.SetLayout)
    if command.focus is not None:
        _target(hearing, command.focus)
    if (command.layout, command.locked, command.focus) == (hearing.layout, hearing.layout_locked, hearing.focus):
        return []
    return [ev.LayoutChanged(layout=command.layout, locked=command.locked, focus=command.focus)]


def _warn(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Warn)
    person = _target(hearing, command.participant)
    if not command.reason.strip():
        raise Refused("reason-needed", "请说明警告的理由", "a warning needs a reason")
    return [ev.Warned(participant=command.participant, count=person.warnings + 1, reason=command.reason)]


def _hand(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.RaiseHand)
    person = actor if command.participant is None else _target(hearing, command.participant)
    if person is not actor and (command.raised or Right.ADMIT not in rights(actor.role)):
        raise Refused("no-right", "您只能为自己举手", "you may raise only your own hand")
    if (person.hand_raised_ms is not None) == command.raised:
        return []
    return [ev.HandRaised(participant=person.seat.participant, raised=command.raised)]


def _help(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.AskHelp)
    return [ev.HelpAsked(participant=actor.seat.participant, text=command.text[:200])]


def _help_answered(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.AnswerHelp)
    person = _target(hearing, command.participant)
    return [ev.HelpAsked(participant=command.participant, text="", answered=True)] if person.help_asked else []


def _howling(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.ReportHowling)
    if actor.howling == command.muted:
        return []
    return [ev.DeviceHeardItself(participant=actor.seat.participant, muted=command.muted)]


def _leave(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Leave)
    return [_presence(actor, Presence.LEFT, command.reason or "left", "leave command")]


def _presence(person: Person, after: Presence, reason: str, evidence: str = "") -> ev.PresenceChanged:
    return ev.PresenceChanged(
        participant=person.seat.participant, before=person.presence, after=after, reason=reason, evidence=evidence
    )


_HANDLERS: dict[type[cmd.Command], Callable[[Hearing, Person, cmd.AnyCommand, int], Events]] = {
    cmd.MoveSession: _move,
    cmd.SetPhase: _phase,
    cmd.Admit: _admit,
    cmd.Dismiss: _dismiss,
    cmd.Remove: _remove,
    cmd.SetMute: _mute,
    cmd.GrantFloor: _floor,
    cmd.SetLayout: _layout,
    cmd.Warn: _warn,
    cmd.RaiseHand: _hand,
    cmd.AskHelp: _help,
    cmd.AnswerHelp: _help_answered,
    cmd.ReportHowling: _howling,
    cmd.Leave: _leave,
}
