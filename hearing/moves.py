"""The court's own acts: moves of the session from state to state, and the phase.

Called by `hearing.decide` after the right was checked. Raises Refused. Pure.
"""

from __future__ import annotations

from hearing import commands as cmd
from hearing import events as ev
from hearing.arrivals import enters_unasked
from hearing.errors import Refused
from hearing.orders import Events, presence_changed
from hearing.participant import CONNECTED, Presence
from hearing.policy import is_verified
from hearing.roles import is_isolated, label
from hearing.session import REOPEN_WINDOW_MS, Move, Phase, is_open, is_recording, lawful_pause, next_state
from hearing.state import Hearing

_MAX_UTC_MS = 1 << 48
_HELD_PHASES = frozenset({Phase.INVESTIGATION, Phase.EVIDENCE, Phase.DEBATE, Phase.FINAL_STATEMENT})


def moved(hearing: Hearing, command: cmd.MoveSession, now_ms: int) -> Events:
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
            presence_changed(person, Presence.PRESENT, "opened")
            for person in hearing.people.values()
            if person.presence is Presence.WAITING and enters_unasked(hearing, person)
        ]
        events.append(ev.PhaseChanged(phase=Phase.OPENING))
    if not is_recording(after) and hearing.floor is not None:
        events.append(ev.FloorGranted(participant=None))
    return events


def _check_required(hearing: Hearing, override: str) -> None:
    """Everybody whom the hearing waits for is here, and the gate knows them (在线诉讼规则 7)."""
    required = [p for p in hearing.people.values() if p.seat.required and not is_isolated(p.role)]
    missing = [f"{label(p.role)[0]} {p.seat.name}" for p in required if p.presence not in CONNECTED]
    unknown = [
        f"{label(p.role)[0]} {p.seat.name}"
        for p in required
        if p.presence in CONNECTED and not is_verified(hearing, p)
    ]
    if unknown and not missing and not override:
        names = "、".join(unknown)
        raise Refused(
            "required-unverified",
            f"身份未核验：{names}。说明理由后仍可开庭，线下进一步核实",
            f"identity not verified: {names}; give a reason to open anyway",
        )
    if missing and not override:
        names = "、".join(missing)
        raise Refused(
            "required-missing",
            f"未到庭：{names}。说明理由后仍可开庭",
            f"not here yet: {names}; give a reason to open anyway",
        )


def phase_changed(hearing: Hearing, command: cmd.SetPhase) -> Events:
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
