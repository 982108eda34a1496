"""Commands on exhibits in, events out. Pure; the counterpart of `hearing.decide` for the register."""

from __future__ import annotations

from hearing import exhibit_commands as cmd
from hearing import exhibit_events as xe
from hearing.acting import acting, need, no_right
from hearing.errors import Refused
from hearing.exhibit_events import ExhibitState
from hearing.exhibits import Exhibit
from hearing.line_rules import clean_text
from hearing.policy import is_verified
from hearing.roles import Right, Role, is_staff, rights
from hearing.session import is_open, is_over
from hearing.state import Hearing, Person

Events = list[xe.ExhibitEvent]

MOST_EXHIBITS = 500
MAX_NAME_CHARS = 100
MAX_TEXT_CHARS = 500
_S = ExhibitState
_FOLLOWS: dict[ExhibitState, frozenset[ExhibitState]] = {
    _S.SUBMITTED: frozenset({_S.REVIEWED, _S.ORIGINAL_DEMANDED, _S.WITHDRAWN}),
    _S.REVIEWED: frozenset({_S.CROSS_EXAMINED, _S.ORIGINAL_DEMANDED, _S.WITHDRAWN}),
    _S.PRESENTED: frozenset({_S.CROSS_EXAMINED, _S.ORIGINAL_DEMANDED, _S.WITHDRAWN}),
    _S.CROSS_EXAMINED: frozenset({_S.ORIGINAL_DEMANDED, _S.WITHDRAWN}),
    _S.ORIGINAL_DEMANDED: frozenset({_S.REVIEWED, _S.CROSS_EXAMINED, _S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}
"""`presented` follows from showing."""
STATE_LABELS: dict[ExhibitState, tuple[str, str]] = {
    _S.SUBMITTED: ("已提交", "submitted"),
    _S.REVIEWED: ("已审核", "reviewed"),
    _S.PRESENTED: ("已出示", "presented"),
    _S.CROSS_EXAMINED: ("已质证", "cross-examined"),
    _S.ORIGINAL_DEMANDED: ("要求提交原件", "original demanded"),
    _S.WITHDRAWN: ("已撤回", "withdrawn"),
}
_SUBMITS_NOTHING = frozenset({Role.INTERPRETER, Role.WITNESS, Role.BAILIFF})


def decide_exhibit(
    hearing: Hearing, actor: str, command: cmd.ExhibitCommand, handed_in: cmd.HandedIn | None = None
) -> Events:
    """Events that carry out `command` of participant `actor`; none when it is already so. `handed_in` is the file
    that they handed in last.

    Raises Refused: `unknown-participant`, `not-here`, `not-verified`, `no-right`, `not-open`, `no-file`,
    `exhibit-number`, `exhibit-twice`, `too-many-exhibits`, `unknown-exhibit`, `exhibit-state`, `own-exhibit`,
    `exhibit-page`, `bad-text`, `too-long`, `unknown-case`.
    """
    person = acting(hearing, actor)
    if is_over(hearing.state):
        raise Refused("not-open", "庭审已结束，证据不能再变更", "the session is over: exhibits change no more")
    if isinstance(command, cmd.SubmitExhibit):
        return _submit(hearing, person, command, handed_in)
    exhibit = hearing.exhibits.items.get(command.number)
    if exhibit is None or not may_see_exhibit(hearing, person, exhibit):
        raise Refused("unknown-exhibit", f"没有证据{command.number}", f"there is no exhibit {command.number}")
    match command:
        case cmd.MoveExhibit():
            return _move(person, exhibit, command)
        case cmd.ShowExhibit():
            return _show(hearing, person, exhibit, command)
        case cmd.GiveOpinion():
            return _opinion(hearing, person, exhibit, command)
        case cmd.OpenExhibit():
            need(person, Right.ADMIT)
            if exhibit.public == command.public:
                return []
            return [xe.ExhibitOpened(number=exhibit.number, public=command.public)]


def may_see_exhibit(hearing: Hearing, person: Person, exhibit: Exhibit) -> bool:
    """Whether this person may open it outside of its being shown: the court and who submitted it always, other
    parties once the court has let it pass."""
    if not is_verified(hearing, person):
        return False
    if is_staff(person.role) and person.role is not Role.SUPERVISOR:
        return True
    if exhibit.submitted.participant == person.seat.participant:
        return True
    return may_submit(person) and exhibit.reviewed and exhibit.state is not _S.WITHDRAWN


def may_submit(person: Person) -> bool:
    """Parties and who speaks for them, experts, and the court's own people."""
    return Right.PUBLISH in rights(person.role) and person.role not in _SUBMITS_NOTHING


def _submit(hearing: Hearing, person: Person, command: cmd.SubmitExhibit, handed_in: cmd.HandedIn | None) -> Events:
    register = hearing.exhibits
    whose = _for_whom(hearing, person, command.participant)
    if not may_submit(person):
        raise no_right(person)
    if command.case_no not in {"", hearing.case_no, *hearing.joined}:
        raise Refused(
            "unknown-case",
            f"本庭次不审理 {command.case_no}；可填 {'、'.join((hearing.case_no, *hearing.joined))}，或不填",
            f"the case {command.case_no} is not heard in this session",
        )
    if handed_in is None or handed_in.sha256 != command.sha256:
        raise Refused("no-file", "请先上传证据文件", "hand in the file first")
    if command.number is not None and Right.ADMIT not in rights(person.role):
        # Whether it is free would tell of exhibits that this person may not see.
        raise Refused("no-right", "证据编号由法庭确定", "the court gives the numbers")
    number = command.number or register.next_number
    if number in register.items:
        raise Refused("exhibit-number", f"证据{number}已存在，请换一个编号", f"there is an exhibit {number} already")
    if len(register.items) >= MOST_EXHIBITS or number > cmd.MAX_NUMBER:
        raise Refused("too-many-exhibits", f"一个庭次最多{MOST_EXHIBITS}份证据", f"{MOST_EXHIBITS} exhibits at most")
    for each in register.items.values():
        same = each.submitted.sha256 == handed_in.sha256 and each.state is not _S.WITHDRAWN
        # Both sides may hand in the same contract: each learns of the other's when the court lets it pass.
        if same and may_see_exhibit(hearing, person, each):
            raise Refused(
                "exhibit-twice", f"该文件已作为证据{each.number}提交", f"this file is exhibit {each.number} already"
            )
    return [
        xe.ExhibitSubmitted(
            number=number,
            name=_text(command.name, MAX_NAME_CHARS),
            source=_text(command.source, MAX_TEXT_CHARS),
            purpose=_text(command.purpose, MAX_TEXT_CHARS),
            participant=whose,
            kind=handed_in.kind,
            file=handed_in.file,
            size_bytes=handed_in.size_bytes,
            sha256=handed_in.sha256,
            sm3=handed_in.sm3,
            pages=handed_in.pages,
            case_no=command.case_no,
        )
    ]


def _for_whom(hearing: Hearing, person: Person, wanted: str | None) -> str:
    own = person.seat.participant
    if wanted is None or wanted == own:
        return own
    need(person, Right.ADMIT)
    if wanted not in hearing.people:
        raise Refused("unknown-participant", "名单中没有此人", "nobody here has this id")
    return wanted


def _move(person: Person, exhibit: Exhibit, command: cmd.MoveExhibit) -> Events:
    if command.state is exhibit.state:
        return []
    own = exhibit.submitted.participant == person.seat.participant
    early = exhibit.state in {_S.SUBMITTED, _S.REVIEWED}
    if not (command.state is _S.WITHDRAWN and own and early):
        need(person, Right.ADMIT)
    if command.state not in _FOLLOWS[exhibit.state]:
        zh, en = STATE_LABELS[exhibit.state]
        to_zh, to_en = STATE_LABELS[command.state]
        raise Refused(
            "exhibit-state",
            f"证据{exhibit.number}{zh}，不能变为“{to_zh}”",
            f"exhibit {exhibit.number} is {en}: it cannot become {to_en}",
        )
    reason = _text(command.reason, MAX_TEXT_CHARS) if command.reason.strip() else ""
    moved = xe.ExhibitStateSet(number=exhibit.number, before=exhibit.state, after=command.state, reason=reason)
    return [*(_hidden(exhibit) if command.state is _S.WITHDRAWN else []), moved]


def _show(hearing: Hearing, person: Person, exhibit: Exhibit, command: cmd.ShowExhibit) -> Events:
    need(person, Right.ARRANGE)
    if not command.shown:
        return _hidden(exhibit)
    if exhibit.page == command.page:
        return []
    if not is_open(hearing.state):
        raise Refused("not-open", "开庭后才能出示证据", "exhibits are shown while the court sits")
    if exhibit.state in {_S.SUBMITTED, _S.WITHDRAWN}:
        zh, en = STATE_LABELS[exhibit.state]
        raise Refused(
            "exhibit-state",
            f"证据{exhibit.number}{zh}，审核后才能出示",
            f"exhibit {exhibit.number} is {en}: review it before it is shown",
        )
    if command.page > max(1, exhibit.submitted.page_count):
        zh = f"证据{exhibit.number}没有第{command.page}页"
        raise Refused("exhibit-page", zh, f"exhibit {exhibit.number} has no page {command.page}")
    other = hearing.exhibits.shown
    events = _hidden(other) if other is not None and other.number != exhibit.number else []
    if exhibit.state is _S.REVIEWED:
        events.append(xe.ExhibitStateSet(number=exhibit.number, before=exhibit.state, after=_S.PRESENTED))
    return [*events, xe.ExhibitShown(number=exhibit.number, sha256=exhibit.submitted.sha256, page=command.page)]


def _opinion(hearing: Hearing, person: Person, exhibit: Exhibit, command: cmd.GiveOpinion) -> Events:
    whose = _for_whom(hearing, person, command.participant)
    giver = hearing.people[whose]
    if is_staff(giver.role) or not may_submit(giver):
        raise no_right(giver)
    if whose == exhibit.submitted.participant:
        raise Refused("own-exhibit", "不能对本方提交的证据发表质证意见", "this is one's own exhibit")
    if not exhibit.reviewed or exhibit.state is _S.WITHDRAWN:
        raise Refused("exhibit-state", "该证据尚未审核或已撤回", "it is not reviewed yet, or withdrawn")
    said = xe.ExhibitOpinion(
        number=exhibit.number,
        participant=whose,
        authenticity=command.authenticity,
        legality=command.legality,
        relevance=command.relevance,
        text=_text(command.text, MAX_TEXT_CHARS) if command.text.strip() else "",
    )
    return [] if exhibit.opinions.get(whose) == said else [said]


def _hidden(exhibit: Exhibit) -> Events:
    if not exhibit.is_shown:
        return []
    return [xe.ExhibitHidden(number=exhibit.number, sha256=exhibit.submitted.sha256)]


def _text(text: str, most: int) -> str:
    if len(text) > most:
        raise Refused("too-long", f"文字不得超过{most}字", f"a text may have {most} characters")
    return clean_text(text.strip())
