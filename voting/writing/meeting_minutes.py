"""会议记录 (企业破产法 61(2)): who called the meeting and who came, what was laid before it, asked and said, what was
voted with what result. Pure. No choice is in it before its result is announced."""

from __future__ import annotations

from collections.abc import Iterator

from records.writing.legible import legible
from records.writing.minutes import Field, Minutes, Paragraph
from voting import leaves as lf
from voting.chronicle import Chronicle
from voting.leaves import Count
from voting.meeting import Meeting
from voting.roll import Roll
from voting.round import Round, State
from voting.words import Channel, Group, Standing, group_label
from voting.writing.facts import Facts
from voting.writing.figures import counted, moment, yuan
from voting.writing.papers import SIGNERS, evidence, plain
from voting.writing.results import conclusion, division_lines, option_lines

_ROUND = {1: "", 2: "（第二次表决）"}


def minutes_of(facts: Facts, meeting: Meeting, chronicle: Chronicle, roll: Roll | None) -> Minutes:
    """The minutes as the log stands; a draft until the meeting was closed."""
    created = meeting.created
    return Minutes(
        session=facts.meeting,
        case_no=legible(facts.case_no),
        court=legible(facts.court),
        title="债权人会议记录",
        fields=tuple(_fields(facts, meeting, created)),
        paragraphs=(
            *_attendance(chronicle, meeting, roll),
            *_agenda(facts),
            *_documents(facts),
            *_spoken(facts),
            *(each for round_ in meeting.rounds.values() for each in _voted(facts, meeting, chronicle, round_)),
            *_draws(facts, meeting),
        ),
        closing="以上会议记录已核对无误。",
        places=SIGNERS,
        draft=not meeting.closed,
        strip=tuple(f"{who}签名：" for who in SIGNERS),
    )


def _fields(facts: Facts, meeting: Meeting, created: lf.MeetingCreated | None) -> Iterator[Field]:
    yield Field(name="案号", text=legible(facts.case_no))
    yield Field(name="会议名称", text=legible(facts.title))
    yield Field(name="召集人", text=legible(facts.called_by))
    yield Field(name="通知的时间", text=moment(facts.scheduled_utc_ms))
    if created is None:
        yield Field(name="时间", text="尚未开放签到")
        return
    ended = f"至{moment(meeting.last_utc_ms)}" if meeting.closed else "（会议尚未结束）"
    yield Field(name="时间", text=f"{moment(created.utc_ms)}开放签到{ended}")
    yield Field(name="方式", text="网络会议，可现场签到；网络表决、现场表决及书面表决")
    yield Field(name="表决规则", text=meeting.rules.zh if meeting.rules else created.ruleset)


def _attendance(chronicle: Chronicle, meeting: Meeting, roll: Roll | None) -> Iterator[Paragraph]:
    if roll is None:
        yield plain("未导入债权表。", "一、出席情况")
        return
    total, came = _heads(roll, None), _heads(roll, chronicle.came)
    yield plain(f"债权表所列有表决权的{counted(total)}；签到的{counted(came)}。", "一、出席情况")
    channels = [each.channel for each in chronicle.came.values()]
    yield plain(
        f"线上签到{channels.count(Channel.ONLINE)}人，现场签到{channels.count(Channel.ONSITE)}人"
        "（含代理人及不行使表决权的人员）。"
    )
    for group in Group:
        of_group = [entry for entry in roll.entries if entry.group is group and entry.kind is not Standing.NONE]
        if of_group:
            here = [entry for entry in of_group if entry.creditor in chronicle.came]
            amount_fen = sum(entry.amount_fen for entry in here)
            yield plain(f"{group_label(group)[0]}：{len(of_group)}人，签到{len(here)}人，{yuan(amount_fen)}。")
    given = len(meeting.mandates)
    if given:
        revoked = sum(mandate.revoked for mandate in meeting.mandates.values())
        yield plain(f"登记授权委托{given}件，其中撤销{revoked}件。")


def _heads(roll: Roll, among: dict[str, lf.Presence] | None) -> Count:
    here = [
        entry
        for entry in roll.entries
        if entry.kind is not Standing.NONE and (among is None or entry.creditor in among)
    ]
    return Count(sum(entry.amount_fen for entry in here), len({entry.creditor for entry in here}))


def _agenda(facts: Facts) -> Iterator[Paragraph]:
    yield plain(f"共{len(facts.agenda)}项。", "二、议程")
    for number, title in enumerate(facts.agenda, 1):
        yield plain(f"{number}．{title}")


def _documents(facts: Facts) -> Iterator[Paragraph]:
    yield plain(f"共{len(facts.documents)}份。" if facts.documents else "无。", "三、会议文件")
    for number, each in enumerate(facts.documents, 1):
        removed = f"；{moment(each.removed_utc_ms)}撤下：{each.reason}" if each.removed_utc_ms is not None else ""
        yield plain(
            f"{number}．{each.title}（{moment(each.added_utc_ms)}提交，{each.read}名债权人已打开，"
            f"SHA-256 {each.sha256}{removed}）"
        )


def _spoken(facts: Facts) -> Iterator[Paragraph]:
    yield plain("" if facts.questions or facts.speeches else "无。", "四、发言、提问与异议")
    for each in facts.speeches:
        yield plain(f"{moment(each.utc_ms)} {facts.name_of(each.person)}发言。")
    for each in facts.questions:
        yield plain(f"{moment(each.utc_ms)} {facts.name_of(each.person)}书面提出：{each.text}")


def _voted(facts: Facts, meeting: Meeting, chronicle: Chronicle, round_: Round) -> Iterator[Paragraph]:
    opened = round_.opened
    head = f"表决事项：{legible(opened.title)}{_ROUND[opened.round]}"
    yield plain(f"{round_.rule.zh}。{moment(opened.utc_ms)}由{_two(facts, opened.by)}开启表决。", head)
    for act in chronicle.acts:
        if (getattr(act, "motion", ""), getattr(act, "round", 0)) == (opened.motion, opened.round):
            yield from (plain(line) for line in _act(facts, act))
    for line in option_lines(round_.options, round_.rule):
        yield plain(line)
    if round_.state is not State.ANNOUNCED or round_.result is None:
        yield plain("表决结果尚未宣布。")
        return
    for division in round_.result.divisions:
        yield from map(plain, division_lines(round_, division))
    yield from map(plain, conclusion(round_, round_.result))
    yield from map(plain, evidence(meeting, round_.result))


def _act(facts: Facts, act: lf.AnyLeaf) -> Iterator[str]:
    match act:
        case lf.MotionExtended():
            yield f"{moment(act.utc_ms)}由{_two(facts, act.by)}延长表决，截止时间改为{moment(act.closes_utc_ms)}。"
        case lf.Exclusion():
            yield f"{facts.name_of(act.creditor)}回避本事项的表决（{act.court_ref}）。"
        case lf.MotionClosed():
            yield f"{moment(act.utc_ms)}由{_two(facts, act.by)}截止表决。"
        case lf.ResultAnnounced():
            yield f"{moment(act.utc_ms)}由{_two(facts, act.by)}宣布表决结果。"


def _draws(facts: Facts, meeting: Meeting) -> Iterator[Paragraph]:
    for draw in meeting.draws.values():
        begun, made = draw.committed, draw.revealed
        if made is not None:
            names = facts.drawn.get(begun.draw) or tuple(f"名单第{place}位" for place in made.chosen)
            yield plain(
                f"从{begun.pool_size}人中抽取{begun.count}人。{moment(begun.utc_ms)}公布承诺值{begun.commitment}；"
                f"{moment(made.utc_ms)}以公开文字“{made.public}”开出：{'、'.join(names)}。",
                "抽签",
            )


def _two(facts: Facts, by: tuple[str, str]) -> str:
    return "、".join(facts.name_of(person) for person in by)
