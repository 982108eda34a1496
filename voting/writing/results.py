"""A result in words: each division against its threshold, what it means by the statute, how it was counted.

Used by resolution, tally, minutes and the notice alike, so that no two papers say different things.
"""

from __future__ import annotations

from collections.abc import Iterator

from voting.leaves import DivisionResult, Options, Result
from voting.round import Round
from voting.rules.model import Amounts, MatterRule, Threshold
from voting.words import ALL, Ballots, Base, Group, Matter, Next, Secured, Silent, group_label
from voting.writing.figures import counted, percent, share_words, yuan

STATUTE = "《中华人民共和国企业破产法》"
_ARTICLES = {
    Matter.ORDINARY: "第六十一条第一款、第六十四条第一款",
    Matter.COMMITTEE: "第六十一条第一款第四项、第六十四条第一款、第六十七条",
    Matter.MANAGEMENT: "第六十一条第一款第八项、第九项、第六十四条第一款",
    Matter.DISTRIBUTION: "第五十九条第三款、第六十一条第一款第十项、第六十四条第一款",
    Matter.COMPOSITION: "第五十九条第三款、第六十一条第一款第七项、第九十七条",
    Matter.PLAN: "第六十一条第一款第六项、第八十四条第二款、第八十六条第一款",
}
_AFTER_PASS = {
    Matter.PLAN: (
        "重整计划即为通过；自通过之日起十日内，债务人或者管理人应当向人民法院提出批准重整计划的申请（第八十六条）。"
    ),
    Matter.COMPOSITION: "和解协议由人民法院裁定认可（第九十八条）。",
}
_BINDING = "债权人会议的决议，对于全体债权人均有约束力（第六十四条第三款）。"
_AFTER_FAILURE = {
    (Matter.PLAN, Next.SECOND_ROUND): (
        "债务人或者管理人可以同未通过重整计划草案的表决组协商，该表决组可以在协商后再表决一次（第八十七条第一款）。"
    ),
    (Matter.PLAN, Next.COURT): (
        "未通过重整计划草案的表决组再次表决仍未通过的，符合第八十七条第二款规定条件的，"
        "债务人或者管理人可以申请人民法院批准重整计划草案。"
    ),
    (
        Matter.DISTRIBUTION,
        Next.SECOND_ROUND,
    ): "本事项可以再次表决；经二次表决仍未通过的，由人民法院裁定（第六十五条第二款）。",
    (Matter.DISTRIBUTION, Next.COURT): "本事项经债权人会议二次表决仍未通过，由人民法院裁定（第六十五条第二款）。",
    (Matter.MANAGEMENT, Next.COURT): "本事项经债权人会议表决未通过，由人民法院裁定（第六十五条第一款）。",
}
_SILENT = {
    Silent.SIGNED_IN: "已签到而未表决的，计入出席人数，不计入同意。",
    Silent.VOTERS_ONLY: "出席人数以参加表决的人数计。",
    Silent.DEEMED_AGREE: "未表决的视为同意，单独列示",
    Silent.DEEMED_ABSTAIN: "未表决的视为弃权，单独列示",
}
_OPTIONS = {
    "silent": {
        "signed_in": "已签到未表决者计入出席人数",
        "voters_only": "仅以参加表决者为出席",
        "deemed_agree": "未表决者视为同意",
        "deemed_abstain": "未表决者视为弃权",
    },
    "secured": {"exclude": "扣除有财产担保的债权额", "include": "计入有财产担保的债权额"},
    "exclusions": {"none": "不作回避"},
}


def division_name(division: str) -> str:
    """`普通债权组`, or all."""
    return "全体有表决权的债权人" if division == ALL else group_label(Group(division))[0]


def division_lines(round_: Round, division: DivisionResult) -> Iterator[str]:
    """What one division has, did, and lacks."""
    base = base_name(round_.rule, round_.options, division.division)
    present, total = division.present, division.total
    yield (
        f"{division_name(division.division)}共{total.heads}人，{base}{yuan(total.amount_fen)}；"
        f"出席会议的{counted(present)}。"
    )
    yield _choices(division, base)
    yield threshold_words(round_.rule.threshold_of(division.division), base)
    yield outcome_words(division)


def outcome_words(division: DivisionResult) -> str:
    """Whether it passed; what was missing where not."""
    name = "" if division.division == ALL else division_name(division.division)
    if division.passed:
        return f"{name}表决通过。"
    lacks = []
    if not division.total.heads:
        lacks.append("没有有表决权的债权人")
    if division.heads_missing:
        lacks.append(f"同意人数尚差{division.heads_missing}人")
    if division.amount_missing_fen:
        lacks.append(f"同意金额尚差{yuan(division.amount_missing_fen)}")
    return f"{name}表决未通过：{'，'.join(lacks)}。"


def conclusion(round_: Round, result: Result) -> Iterator[str]:
    """What follows by the statute."""
    matter = round_.opened.matter
    verdict = "获得通过" if result.passed else "未获通过"
    yield f"依照{STATUTE}{_ARTICLES[matter]}的规定，本事项{verdict}。"
    if result.passed:
        yield _AFTER_PASS.get(matter, _BINDING)
    elif found := _AFTER_FAILURE.get((matter, result.next)):
        yield found


def option_lines(options: Options, rule: MatterRule) -> Iterator[str]:
    """How it was counted, where the statute leaves a choice."""
    told = _SILENT[options.silent]
    if options.court_ref:
        told += f"（依据：{options.resolution}；人民法院文号：{options.court_ref}）。"
    yield f"计票口径：{told}"
    if rule.amounts is Amounts.BY_OPTION:
        included = options.secured is Secured.INCLUDE
        yield f"表决额{'计入' if included else '扣除'}未放弃优先受偿权的有财产担保的债权额。"
    if options.ballots is Ballots.LAST:
        yield "截止前可以改投，以最后一次表决为准。"
    for bloc in options.bloc:
        yield f"{group_label(bloc.group)[0]}由代表{bloc.representative}作为一票行使表决权。"


def alternative_lines(result: Result) -> Iterator[str]:
    """What the other ways of counting would have given."""
    for each in result.alternatives:
        option = _OPTIONS[each.option][each.value]
        agree = "；".join(
            f"{'' if division.division == ALL else division_name(division.division)}同意{counted(division.agree)}"
            f"，出席{division.present.heads}人"
            for division in each.divisions
        )
        yield f"{option}：{'通过' if each.passed else '未通过'}（{agree}）。"


def base_name(rule: MatterRule, options: Options, division: str) -> str:
    """What two halves or thirds of the amount are taken of."""
    if rule.threshold_of(division).of_option_base:
        return "出席的出资额" if options.equity_base is Base.PRESENT else "出资总额"
    if rule.by_group:
        return "该组债权总额"
    if rule.amounts is Amounts.BY_OPTION and options.secured is Secured.INCLUDE:
        return "债权总额"
    return "无财产担保债权总额"


def threshold_words(threshold: Threshold, base: str) -> str:
    """`通过条件：……`."""
    heads = "出席的有表决权的债权人过半数同意" if threshold.heads.num else "有出资人同意"
    return f"通过条件：{heads}，且同意的金额占{base}的{share_words(threshold.amount)}以上。"


def _choices(division: DivisionResult, base: str) -> str:
    heads, amount = division.present.heads, division.total.amount_fen
    agree = division.agree
    told = [
        f"同意{agree.heads}人，占出席人数的{percent(agree.heads, heads)}，其所代表的金额{yuan(agree.amount_fen)}，"
        f"占{base}的{percent(agree.amount_fen, amount)}",
        f"反对{counted(division.against)}",
        f"弃权{counted(division.abstain)}",
    ]
    if division.invalid.heads:
        told.append(f"无效票{counted(division.invalid)}")
    if division.silent.heads:
        told.append(f"出席而未表决{counted(division.silent)}")
    if division.deemed.heads:
        told.append(f"未表决而视为{counted(division.deemed)}")
    return "；".join(told) + "。"
