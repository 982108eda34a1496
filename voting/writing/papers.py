"""决议 and 表决统计表: one round's papers, as `records.writing.minutes.Minutes`, written as DOCX, PDF, OFD. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from records.writing.legible import legible
from records.writing.minutes import Field, Minutes, Paragraph, ParagraphKind
from voting.deadlines import due
from voting.leaves import Result, leaf_bytes
from voting.meeting import Meeting
from voting.merkle import leaf_hash
from voting.round import Round, State
from voting.rules import Deadline
from voting.rules.model import RuleSet
from voting.writing.facts import Facts
from voting.writing.figures import day, moment
from voting.writing.results import alternative_lines, conclusion, division_lines, division_name, option_lines

SIGNERS = ("债权人会议主席", "管理人", "记录人")


def resolution(facts: Facts, meeting: Meeting, round_: Round) -> Minutes:
    """债权人会议决议 on one motion; a draft until its result is announced. ValueError before it is counted."""
    result = counted_result(round_)
    lines = [
        *(line for division in result.divisions for line in division_lines(round_, division)),
        *conclusion(round_, result),
        *revocation(meeting.rules, round_, result),
    ]
    return Minutes(
        session=facts.meeting,
        case_no=legible(facts.case_no),
        court=legible(facts.court),
        title="债权人会议决议",
        fields=tuple(round_fields(facts, round_)),
        paragraphs=tuple(plain(line) for line in [*lines, *evidence(meeting, result)]),
        closing="以上为本次债权人会议对上述事项的表决结果。",
        places=SIGNERS[:2],
        draft=round_.state is not State.ANNOUNCED,
        strip=(),
    )


def tally(facts: Facts, meeting: Meeting, round_: Round) -> Minutes:
    """表决统计表: each division by itself, how it was counted, what other ways would have given."""
    result = counted_result(round_)
    paragraphs: list[Paragraph] = []
    for division in result.divisions:
        head, *rest = division_lines(round_, division)
        paragraphs += [plain(head, division_name(division.division)), *map(plain, rest)]
    others = list(alternative_lines(result))
    paragraphs += [plain(line) for line in option_lines(round_.options, round_.rule)]
    if round_.excluded:
        paragraphs.append(plain(f"依人民法院决定回避、不计入表决的债权人：{'、'.join(sorted(round_.excluded))}。"))
    if others:
        paragraphs.append(plain("以下仅供核对，不影响表决结果。", "其他口径试算"))
        paragraphs += map(plain, others)
    return Minutes(
        session=facts.meeting,
        case_no=legible(facts.case_no),
        court=legible(facts.court),
        title="债权人会议表决统计表",
        fields=tuple(round_fields(facts, round_)),
        paragraphs=(*paragraphs, *(plain(line) for line in evidence(meeting, result))),
        closing="以上统计由表决系统依表决日志计算，任何人可凭日志重新计票核对。",
        places=("计票人", "监票人"),
        draft=False,
        strip=(),
    )


def counted_result(round_: Round) -> Result:
    """ValueError while there is none."""
    if round_.result is None:
        raise ValueError("the round is not counted")
    return round_.result


def round_fields(facts: Facts, round_: Round) -> Iterator[Field]:
    """The head of a paper about one round."""
    opened = round_.opened
    yield Field(name="案号", text=legible(facts.case_no))
    yield Field(name="会议", text=legible(facts.title))
    yield Field(name="表决事项", text=f"{legible(opened.title)}（{round_.rule.zh}）")
    yield Field(name="轮次", text="第二次表决" if opened.round == 2 else "第一次表决")
    yield Field(name="表决时间", text=f"{moment(opened.utc_ms)}至{moment(round_.closed_utc_ms)}")
    if round_.announced_seq >= 0:
        yield Field(name="宣布时间", text=moment(round_.announced_utc_ms))


def evidence(meeting: Meeting, result: Result) -> Iterator[str]:
    """Where it stands in the ballot log: the leaf's hash stays the same however far the log goes on."""
    assert meeting.created is not None
    alg = meeting.created.alg
    digest = leaf_hash(alg, leaf_bytes(result)).hex()
    yield f"表决日志：会议{result.meeting}，结果为第{result.seq}项，叶摘要（{alg.upper()}）{digest}。"


def plain(text: str, head: str = "") -> Paragraph:
    """A paragraph, with a bold beginning."""
    return Paragraph(kind=ParagraphKind.SPEECH, text=legible(text), speaker=head)


def revocation(rules: RuleSet | None, round_: Round, result: Result) -> Iterator[str]:
    """Until when the court may be asked to revoke what passed."""
    if not result.passed or rules is None:
        return
    made_utc_ms = round_.announced_utc_ms if round_.announced_seq >= 0 else result.utc_ms
    last = due(rules, Deadline.REVOCATION, made_utc_ms).last_day
    yield (
        "债权人认为本决议违反法律规定、损害其利益的，可以自决议作出之日起十五日内"
        f"（至{day(last)}，遇法定休假日顺延）请求人民法院裁定撤销（第六十四条第二款）。"
    )
