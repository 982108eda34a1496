"""Commands in, events out: the rules of the courtroom as one pure function.

`decide` neither reads a clock nor changes anything; the caller appends the events it returns, durably, before
anybody is told. It is not idempotent (a second 开庭 is refused), except where a docstring of a command says so.
"""

from __future__ import annotations

from hearing import commands as cmd
from hearing import orders
from hearing.acting import no_right
from hearing.errors import Refused
from hearing.moves import moved, phase_changed
from hearing.orders import Events
from hearing.participant import CONNECTED
from hearing.policy import is_verified
from hearing.roles import Right, rights
from hearing.session import Move, is_over, state_label
from hearing.state import Hearing, Person

MAX_REASON_CHARS = 500

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
    cmd.CheckSeat: Right.ADMIT,
    cmd.SetLanguage: Right.WRITE_MINUTES,
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

_ALLOWED_AT_THE_GATE = (cmd.AskHelp, cmd.Leave, cmd.ReportHowling)
"""What somebody may do before the gate has passed them."""

_CLERK_MOVES = frozenset({Move.GATHER, Move.CANCEL})


def decide(hearing: Hearing, actor: str, command: cmd.AnyCommand, now_ms: int) -> Events:
    """Events that carry out `command` of participant `actor` at session time `now_ms`.

    An empty list means: it is already so. Raises Refused with a stable code and both languages:
    `no-right`, `not-here`, `not-verified`, `unknown-participant`, `move-not-allowed`, `reason-needed`,
    `required-missing`, `required-unverified`,
    `phase-held`, `reopen-too-late`, `not-open`, `mute-locked`, `presence-not-allowed`, `not-public`, `too-long`,
    `bad-time`, `seat-changed`, `not-interpreter`.
    """
    person = hearing.people.get(actor)
    if person is None:
        raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
    _check_right(person, command)
    if not is_verified(hearing, person) and not isinstance(command, _ALLOWED_AT_THE_GATE):
        raise Refused("not-verified", "请先完成身份核验", "pass the identity check first")
    if is_over(hearing.state) and not isinstance(command, _STILL_ALLOWED_WHEN_OVER):
        raise Refused("not-open", f"庭审{state_label(hearing.state)}，不能进行此操作", "the session is over")
    for text in (getattr(command, field, "") for field in ("reason", "override", "text")):
        if len(text) > MAX_REASON_CHARS:
            raise Refused(
                "too-long", f"文字不得超过{MAX_REASON_CHARS}字", f"a text may have {MAX_REASON_CHARS} characters"
            )
    return _carry_out(hearing, person, command, now_ms)


def _check_right(person: Person, command: cmd.AnyCommand) -> None:
    needed = _NEEDS.get(type(command))
    if (
        isinstance(command, cmd.MoveSession)
        and command.move in _CLERK_MOVES
        and Right.MANAGE_SESSION in rights(person.role)
    ):
        return
    if needed is not None and needed not in rights(person.role):
        raise no_right(person)
    if person.presence not in CONNECTED:
        raise Refused("not-here", "您当前不在线", "you are not connected")


def _carry_out(hearing: Hearing, actor: Person, command: cmd.AnyCommand, now_ms: int) -> Events:
    match command:
        case cmd.MoveSession():
            return moved(hearing, command, now_ms)
        case cmd.SetPhase():
            return phase_changed(hearing, command)
        case cmd.Admit():
            return orders.admit(hearing, command)
        case cmd.Dismiss():
            return orders.dismiss(hearing, command)
        case cmd.Remove():
            return orders.remove(hearing, command)
        case cmd.SetMute():
            return orders.mute(hearing, actor, command)
        case cmd.GrantFloor():
            return orders.grant_floor(hearing, command)
        case cmd.SetLayout():
            return orders.set_layout(hearing, command)
        case cmd.Warn():
            return orders.warn(hearing, command)
        case cmd.RaiseHand():
            return orders.raise_hand(hearing, actor, command)
        case cmd.AskHelp():
            return orders.ask_help(actor, command)
        case cmd.AnswerHelp():
            return orders.answer_help(hearing, command)
        case cmd.CheckSeat():
            return orders.check_seat(hearing, command)
        case cmd.ReportHowling():
            return orders.report_howling(actor, command)
        case cmd.SetLanguage():
            return orders.set_language(hearing, command)
        case cmd.Leave():
            return orders.leave(actor, command)
