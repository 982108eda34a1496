"""Roles and what each may do: one table, read by every room.

Vocabulary of Chinese procedure; labels are what a name plate shows.
"""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    """Who a person (or device) is in a session."""

    PRESIDING_JUDGE = "presiding_judge"
    JUDGE = "judge"
    ASSESSOR = "assessor"
    JUDGE_ASSISTANT = "judge_assistant"
    CLERK = "clerk"
    PLAINTIFF = "plaintiff"
    DEFENDANT = "defendant"
    THIRD_PARTY = "third_party"
    APPLICANT = "applicant"
    RESPONDENT = "respondent"
    LEGAL_REPRESENTATIVE = "legal_representative"
    AGENT = "agent"
    WITNESS = "witness"
    EXPERT = "expert"
    INQUEST = "inquest"
    SPECIALIST = "specialist"
    INTERPRETER = "interpreter"
    ADMINISTRATOR = "administrator"
    CREDITOR = "creditor"
    CREDITOR_REP = "creditor_rep"
    MEETING_CHAIR = "meeting_chair"
    DEBTOR = "debtor"
    EMPLOYEE_REP = "employee_rep"
    PROSECUTOR = "prosecutor"
    BAILIFF = "bailiff"
    OBSERVER = "observer"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    DISPLAY = "display"


class Right(enum.StrEnum):
    """Something a role may do. Commands name the right they need."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"
    RUN_SESSION = "run_session"
    """Open, recess, resume, close, change phase, grant the floor: the court's own acts."""
    ADMIT = "admit"
    KEEP_ORDER = "keep_order"
    """Mute, lock, warn, remove."""
    ARRANGE = "arrange"
    """Layout of the composite and the displays."""
    MANAGE_SESSION = "manage_session"
    """Schedule, cancel, invite, revoke; download the package."""
    WRITE_MINUTES = "write_minutes"
    """Correct the transcript and write into it."""
    RAISE_HAND = "raise_hand"
    ASK_HELP = "ask_help"


_BENCH = frozenset(
    {Role.PRESIDING_JUDGE, Role.JUDGE, Role.ASSESSOR, Role.JUDGE_ASSISTANT},
)
_STAFF = _BENCH | {Role.CLERK, Role.BAILIFF, Role.OPERATOR, Role.SUPERVISOR}
_DEVICES = frozenset({Role.DISPLAY})
_ISOLATED = frozenset({Role.WITNESS, Role.EXPERT})

_LABELS: dict[Role, tuple[str, str]] = {
    Role.PRESIDING_JUDGE: ("审判长", "Presiding judge"),
    Role.JUDGE: ("审判员", "Judge"),
    Role.ASSESSOR: ("人民陪审员", "People's assessor"),
    Role.JUDGE_ASSISTANT: ("法官助理", "Judge's assistant"),
    Role.CLERK: ("书记员", "Clerk"),
    Role.PLAINTIFF: ("原告", "Plaintiff"),
    Role.DEFENDANT: ("被告", "Defendant"),
    Role.THIRD_PARTY: ("第三人", "Third party"),
    Role.APPLICANT: ("申请人", "Applicant"),
    Role.RESPONDENT: ("被申请人", "Respondent"),
    Role.LEGAL_REPRESENTATIVE: ("法定代表人", "Legal representative"),
    Role.AGENT: ("诉讼代理人", "Agent ad litem"),
    Role.WITNESS: ("证人", "Witness"),
    Role.EXPERT: ("鉴定人", "Expert"),
    Role.INQUEST: ("勘验人", "Inquest officer"),
    Role.SPECIALIST: ("有专门知识的人", "Specialist"),
    Role.INTERPRETER: ("翻译", "Interpreter"),
    Role.ADMINISTRATOR: ("破产管理人", "Bankruptcy administrator"),
    Role.CREDITOR: ("债权人", "Creditor"),
    Role.CREDITOR_REP: ("债权人代表", "Creditors' representative"),
    Role.MEETING_CHAIR: ("债权人会议主席", "Chair of the creditors' meeting"),
    Role.DEBTOR: ("债务人", "Debtor"),
    Role.EMPLOYEE_REP: ("职工代表", "Employees' representative"),
    Role.PROSECUTOR: ("检察员", "Prosecutor"),
    Role.BAILIFF: ("法警", "Bailiff"),
    Role.OBSERVER: ("旁听人员", "Observer"),
    Role.SUPERVISOR: ("督察", "Supervisor"),
    Role.OPERATOR: ("技术人员", "Operator"),
    Role.DISPLAY: ("法庭显示屏", "Court display"),
}


def label(role: Role) -> tuple[str, str]:
    """Chinese and English name of the role, as on a name plate."""
    return _LABELS[role]


def rights(role: Role) -> frozenset[Right]:
    """Everything this role may do; the state may still refuse a single act (see `hearing.decide`)."""
    if role in _DEVICES:
        return frozenset({Right.SUBSCRIBE})
    if role in {Role.OBSERVER, Role.SUPERVISOR}:
        return frozenset({Right.SUBSCRIBE, Right.ASK_HELP})
    if role is Role.OPERATOR:
        return frozenset({Right.MANAGE_SESSION, Right.ASK_HELP})
    everyone = {Right.PUBLISH, Right.SUBSCRIBE, Right.RAISE_HAND, Right.ASK_HELP}
    if role is Role.PRESIDING_JUDGE or role is Role.MEETING_CHAIR:
        return frozenset(everyone | {Right.RUN_SESSION, Right.ADMIT, Right.KEEP_ORDER, Right.ARRANGE})
    if role is Role.JUDGE:
        # A sole judge (独任审判员) runs the session; on a panel the table of seats has a presiding judge too.
        return frozenset(everyone | {Right.RUN_SESSION, Right.ADMIT, Right.KEEP_ORDER, Right.ARRANGE})
    if role is Role.CLERK:
        return frozenset(
            everyone | {Right.ADMIT, Right.KEEP_ORDER, Right.ARRANGE, Right.MANAGE_SESSION, Right.WRITE_MINUTES}
        )
    if role is Role.JUDGE_ASSISTANT:
        return frozenset(everyone | {Right.ADMIT, Right.ARRANGE})
    return frozenset(everyone)


def is_bench(role: Role) -> bool:
    """Judges, assessors and the judge's assistant: who may take part in a deliberation (合议)."""
    return role in _BENCH


def is_staff(role: Role) -> bool:
    """People of the court, who sign in to an account instead of opening an invitation."""
    return role in _STAFF


def is_device(role: Role) -> bool:
    """Screens that carry a device credential and never publish."""
    return role in _DEVICES


def is_isolated(role: Role) -> bool:
    """Witnesses and experts: see and hear nothing of the hearing until called (民诉证据规定 72, 74)."""
    return role in _ISOLATED
