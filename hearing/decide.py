"""Commands in, events out: the rules of the courtroom as one pure function.

`decide` neither reads a clock nor changes anything; the caller appends the events it returns, durably, before
anybody is told. It is not idempotent (a second 开庭 is refused), except where a docstring of a command says so.
"""

from __future__ import annotations

from collections.abc import Callable

from hearing import commands as cmd
from hearing import events as ev
from hearing.arrivals import enters_unasked
from hearing.errors import Refused
from hearing.participant import CONNECTED, IN_COURTROOM, Presence, check_follows
from hearing.roles import Right, Role, is_bench, is_isolated, label, rights
from hearing.session import (
    REOPEN_WINDOW_MS,
    Move,
    Phase,
    State,
    is_open,
    is_over,
    is_recording,
    lawful_pause,
    next_state,
    state_label,
)
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

_STILL_ALLOWED_WHEN_OVER = (
    cmd.MoveSession,
    cmd.SetMute,
    cmd.AskHelp,
    cmd.AnswerHelp,
    cmd.ReportHowling,
    cmd.Leave,
)
"""The other commands have no object left after 闭庭; what a move may do, its table says."""

MAX_REASON_CHARS = 500
MAX_FLOOR_MS = 24 * 3600 * 1000
_MAX_UTC_MS = 1 << 48

_CLERK_MOVES = frozenset({Move.GATHER, Move.CANCEL})
_HELD_PHASES = frozenset({Phase.INVESTIGATION, Phase.EVIDENCE, Phase.DEBATE, Phase.FINAL_STATEMENT})

Events = list[ev.AnyEvent]


def decide(hearing: Hearing, actor: str, command: cmd.AnyCommand, now_ms: int) -> Events:
    """Events that carry out `command` of participant `actor` at session time `now_ms`.

    An empty list means: it is already so. Raises Refused with a stable code and both languages:
    `no-right`, `not-here`, `unknown-participant`, `move-not-allowed`, `reason-needed`, `required-missing`,
    `phase-held`, `reopen-too-late`, `not-open`, `mute-locked`, `presence-not-allowed`, `not-public`, `too-long`,
    `bad-time`.
    """
    person = hearing.people.get(actor)
    if person is None:
        raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
    _check_right(person, command)
    if is_over(hearing.state) and not isinstance(command, _STILL_ALLOWED_WHEN_OVER):
        raise Refused("not-open", f"庭审{state_label(hearing.state)}，不能进行此操作", "the session is over")
    for text in (getattr(command, field, "") for field in ("reason", "override", "text")):
        if len(text) > MAX_REASON_CHARS:
            raise Refused(
                "too-long", f"文字不得超过{MAX_REASON_CHARS}字", f"a text may have {MAX_REASON_CHARS} characters"
            )
    handler: Callable[[Hearing, Person, cmd.AnyCommand, int], Events] = _HANDLERS[type(command)]
    return handler(hearing, person, command, now_ms)


def manage(hearing: Hearing, command: cmd.MoveSession) -> Events:
    """A clerk's or operator's act from the schedule, with no seat in the session: GATHER and CANCEL only.

    The caller has checked the account. Raises Refused as `decide` does.
    """
    if command.move not in _CLERK_MOVES:
        raise Refused("no-right", "此操作只能由法官在庭上进行", "only the judge may do this, in the session")
    return _moved(hearing, command, 0)


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
    return _moved(hearing, command, now_ms)


def _moved(hearing: Hearing, command: cmd.MoveSession, now_ms: int) -> Events:
    move = command.move
    after = next_state(hearing.state, move)
    reason = command.override.strip() or command.reason.strip()
    if command.resume_utc_ms is not None and not 0 <= command.resume_utc_ms < _MAX_UTC_MS:
        raise Refused("bad-time", "复庭时间无效", "resume_utc_ms is no time")
    if move is Move.OPEN:
        _check_required(hearing, command.override.strip())
    if move is Move.REOPEN:
        closed_at_ms = hearing.closed_at_ms if hearing.closed_at_ms is not None else 0
        if now_ms - closed_at_ms > REOPEN_WINDOW_MS:
            raise Refused(
                "reopen-too-late",
                "闭庭已超过一分钟，不能撤销",
                "the session closed over a minute ago: it stays closed",
            )
        after = hearing.closed_from or after
    if move in {Move.CONVERT_OFFLINE, Move.SUSPEND, Move.CANCEL} and not reason:
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
            if person.presence is Presence.WAITING and enters_unasked(hearing, person)
        ]
        events.append(ev.PhaseChanged(phase=Phase.OPENING))
    if not is_recording(after) and hearing.floor is not None:
        events.append(ev.FloorGranted(participant=None))
    return events


def _check_required(hearing: Hearing, override: str) -> None:
    missing = [
        f"{label(person.role)[0]} {person.seat.name}"
        for person in hearing.people.values()
        if person.seat.required and not is_isolated(person.role) and person.presence not in CONNECTED
    ]
    if missing and not override:
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
    held = [
        p.seat.name
        for p in hearing.people.values()
        if p.seat.required and not is_isolated(p.role) and p.presence is Presence.DROPPED
    ]
    if held and command.phase in _HELD_PHASES:
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
    if person.role is Role.OBSERVER and not hearing.public:
        raise Refused("not-public", "不公开审理，不得旁听", "the hearing is closed to the public")
    _check_connected(person)
    check_follows(person.presence, after)
    return [_presence(person, after, "admitted")]


def _dismiss(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Dismiss)
    person = _target(hearing, command.participant)
    _check_not_bench(person)
    after = Presence.DISMISSED if is_isolated(person.role) else Presence.WAITING
    if person.presence is after:
        return []
    if after is Presence.WAITING:
        _check_connected(person)
    check_follows(person.presence, after)
    return [_presence(person, after, "dismissed")]


def _remove(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.Remove)
    person = _target(hearing, command.participant)
    if not command.reason.strip():
        raise Refused("reason-needed", "请说明请出的理由", "a reason is needed to remove somebody")
    _check_not_bench(person)
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


def _floor(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    assert isinstance(command, cmd.GrantFloor)
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
    _check_not_bench(person)
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
    if actor.help_asked and not command.text:
        return []
    return [ev.HelpAsked(participant=actor.seat.participant, text=command.text)]


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


def _check_connected(person: Person) -> None:
    if person.presence not in CONNECTED:
        raise Refused("not-here", f"{person.seat.name}不在线", f"{person.seat.name} is not connected")


def _check_not_bench(person: Person) -> None:
    if is_bench(person.role):
        raise Refused("no-right", "不能对合议庭成员进行此操作", "nobody may do this to a member of the bench")


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
