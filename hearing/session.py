"""States and phases of a session, and the only ways from one state to another.

The table is the rule: what is not in it is refused with the reason (`hearing.errors.Refused`). HMCTS Video
Hearings let any status follow any other, even Closed -> InSession; a court record cannot.
"""

from __future__ import annotations

import enum

from hearing.errors import Refused


class State(enum.StrEnum):
    """Where the session stands."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    """候审: people gather, devices are checked; nothing is recorded."""
    IN_SESSION = "in_session"
    ADJOURNED = "adjourned"
    """休庭: media stops between people, recording is lawfully interrupted."""
    CLOSED_EVIDENCE = "closed_evidence"
    """不公开举证质证: observers and displays see nothing, recording is lawfully interrupted."""
    OFF_RECORD_MEDIATION = "off_record_mediation"
    """不宜录制的调解."""
    DELIBERATING = "deliberating"
    """休庭合议: only the bench sees and hears each other; part of a recess for the record."""
    SUSPENDED = "suspended"
    """技术中断: whatever still arrives is recorded."""
    CLOSED = "closed"
    TRANSCRIPT_REVIEW = "transcript_review"
    SIGNED = "signed"
    SEALED = "sealed"
    CANCELLED = "cancelled"
    CONVERTED_OFFLINE = "converted_offline"


class Phase(enum.StrEnum):
    """庭审环节, in the order of a civil hearing."""

    PREPARATION = "preparation"
    OPENING = "opening"
    IDENTITY_CHECK = "identity_check"
    RIGHTS_NOTICE = "rights_notice"
    INVESTIGATION = "investigation"
    EVIDENCE = "evidence"
    DEBATE = "debate"
    FINAL_STATEMENT = "final_statement"
    MEDIATION = "mediation"
    DELIBERATION = "deliberation"
    JUDGMENT = "judgment"
    CLOSING = "closing"


class Move(enum.StrEnum):
    """What somebody entitled may do to the state."""

    GATHER = "gather"
    OPEN = "open"
    RECESS = "recess"
    RESUME = "resume"
    CLOSE_EVIDENCE = "close_evidence"
    MEDIATE_OFF_RECORD = "mediate_off_record"
    DELIBERATE = "deliberate"
    SUSPEND = "suspend"
    CLOSE = "close"
    REOPEN = "reopen"
    """Undo a mistaken 闭庭 within `REOPEN_WINDOW_MS`; logged like everything else."""
    REVIEW = "review"
    """闭庭 is final: the parties read the minutes (`hearing.review_rules`)."""
    SIGN_OFF = "sign_off"
    """Everybody has signed or refused."""
    SEAL = "seal"
    """The record is sealed for good (`hearing.seal_rules`)."""
    CANCEL = "cancel"
    CONVERT_OFFLINE = "convert_offline"


class Pause(enum.StrEnum):
    """The only lawful reasons to interrupt the recording (法释〔2017〕5号 art 3)."""

    RECESS = "recess"
    CLOSED_EVIDENCE = "closed_evidence"
    OFF_RECORD_MEDIATION = "off_record_mediation"


REOPEN_WINDOW_MS = 60_000

_S, _M = State, Move
_TABLE: dict[tuple[State, Move], State] = {
    (_S.SCHEDULED, _M.GATHER): _S.WAITING,
    (_S.SCHEDULED, _M.CANCEL): _S.CANCELLED,
    (_S.SCHEDULED, _M.CONVERT_OFFLINE): _S.CONVERTED_OFFLINE,
    (_S.WAITING, _M.OPEN): _S.IN_SESSION,
    (_S.WAITING, _M.CANCEL): _S.CANCELLED,
    (_S.WAITING, _M.CONVERT_OFFLINE): _S.CONVERTED_OFFLINE,
    (_S.IN_SESSION, _M.RECESS): _S.ADJOURNED,
    (_S.IN_SESSION, _M.CLOSE_EVIDENCE): _S.CLOSED_EVIDENCE,
    (_S.IN_SESSION, _M.MEDIATE_OFF_RECORD): _S.OFF_RECORD_MEDIATION,
    (_S.IN_SESSION, _M.DELIBERATE): _S.DELIBERATING,
    (_S.IN_SESSION, _M.SUSPEND): _S.SUSPENDED,
    (_S.IN_SESSION, _M.CLOSE): _S.CLOSED,
    (_S.IN_SESSION, _M.CONVERT_OFFLINE): _S.CONVERTED_OFFLINE,
    (_S.ADJOURNED, _M.RESUME): _S.IN_SESSION,
    (_S.ADJOURNED, _M.DELIBERATE): _S.DELIBERATING,
    (_S.ADJOURNED, _M.CLOSE): _S.CLOSED,
    (_S.ADJOURNED, _M.CONVERT_OFFLINE): _S.CONVERTED_OFFLINE,
    (_S.CLOSED_EVIDENCE, _M.RESUME): _S.IN_SESSION,
    (_S.CLOSED_EVIDENCE, _M.RECESS): _S.ADJOURNED,
    (_S.OFF_RECORD_MEDIATION, _M.RESUME): _S.IN_SESSION,
    (_S.OFF_RECORD_MEDIATION, _M.RECESS): _S.ADJOURNED,
    (_S.DELIBERATING, _M.RESUME): _S.IN_SESSION,
    (_S.DELIBERATING, _M.RECESS): _S.ADJOURNED,
    (_S.SUSPENDED, _M.RESUME): _S.IN_SESSION,
    (_S.SUSPENDED, _M.RECESS): _S.ADJOURNED,
    (_S.SUSPENDED, _M.CLOSE): _S.CLOSED,
    (_S.SUSPENDED, _M.CONVERT_OFFLINE): _S.CONVERTED_OFFLINE,
    (_S.CLOSED, _M.REOPEN): _S.IN_SESSION,
    (_S.CLOSED, _M.REVIEW): _S.TRANSCRIPT_REVIEW,
    (_S.TRANSCRIPT_REVIEW, _M.SIGN_OFF): _S.SIGNED,
    (_S.SIGNED, _M.REVIEW): _S.TRANSCRIPT_REVIEW,
    (_S.SIGNED, _M.SEAL): _S.SEALED,
}
_OF_MINUTES = frozenset({_M.REVIEW, _M.SIGN_OFF, _M.SEAL})
"""Moves that follow from what is done to the minutes and the record; nobody commands them as such."""

_STATE_ZH: dict[State, str] = {
    _S.SCHEDULED: "已排期",
    _S.WAITING: "候审",
    _S.IN_SESSION: "庭审中",
    _S.ADJOURNED: "休庭",
    _S.CLOSED_EVIDENCE: "不公开质证",
    _S.OFF_RECORD_MEDIATION: "不录制的调解",
    _S.DELIBERATING: "合议",
    _S.SUSPENDED: "技术中断",
    _S.CLOSED: "已闭庭",
    _S.TRANSCRIPT_REVIEW: "笔录核对",
    _S.SIGNED: "已签名",
    _S.SEALED: "已封存",
    _S.CANCELLED: "已取消",
    _S.CONVERTED_OFFLINE: "已转线下",
}

_MOVE_ZH: dict[Move, str] = {
    _M.GATHER: "开始候审",
    _M.OPEN: "开庭",
    _M.RECESS: "休庭",
    _M.RESUME: "复庭",
    _M.CLOSE_EVIDENCE: "转不公开质证",
    _M.MEDIATE_OFF_RECORD: "转不录制的调解",
    _M.DELIBERATE: "合议",
    _M.SUSPEND: "技术中断",
    _M.CLOSE: "闭庭",
    _M.REOPEN: "撤销闭庭",
    _M.REVIEW: "核对笔录",
    _M.SIGN_OFF: "完成签名",
    _M.SEAL: "封存",
    _M.CANCEL: "取消",
    _M.CONVERT_OFFLINE: "转线下",
}

_PAUSES: dict[State, Pause] = {
    _S.ADJOURNED: Pause.RECESS,
    _S.DELIBERATING: Pause.RECESS,
    _S.CLOSED_EVIDENCE: Pause.CLOSED_EVIDENCE,
    _S.OFF_RECORD_MEDIATION: Pause.OFF_RECORD_MEDIATION,
}


def next_state(state: State, move: Move) -> State:
    """The state after the court's own `move`. Raises Refused (`move-not-allowed`) that names both."""
    after = None if move in _OF_MINUTES else _TABLE.get((state, move))
    if after is None:
        allowed = "、".join(_MOVE_ZH[m] for m in moves(state)) or "无"
        raise Refused(
            "move-not-allowed",
            f"当前为“{_STATE_ZH[state]}”，不能“{_MOVE_ZH[move]}”（可以：{allowed}）",
            f"cannot {move.value} while {state.value} (possible: {', '.join(moves(state)) or 'nothing'})",
        )
    return after


def moves(state: State) -> tuple[Move, ...]:
    """What the court may do in this state, in the order of `Move`."""
    return tuple(move for move in Move if (state, move) in _TABLE and move not in _OF_MINUTES)


def is_recording(state: State) -> bool:
    """Whether media is to be recorded: a consequence of 开庭, never a button."""
    return state in {State.IN_SESSION, State.SUSPENDED}


def lawful_pause(state: State) -> Pause | None:
    """Why the recording is interrupted in this state, or None when it is not."""
    return _PAUSES.get(state)


def is_open(state: State) -> bool:
    """Between 开庭 and 闭庭, recesses included: the session clock runs."""
    return is_recording(state) or state in _PAUSES


def is_over(state: State) -> bool:
    """Nothing more will happen in the courtroom (a mistaken 闭庭 aside)."""
    return state not in {State.SCHEDULED, State.WAITING} and not is_open(state)


def state_label(state: State) -> str:
    """Chinese label of the state."""
    return _STATE_ZH[state]
