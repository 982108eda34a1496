"""企业破产法 (2006) with 规定(三) (JI-3, 2019): the rule set `EBL2006+JI3`.

Another statute is another file like this one and a line in `voting.rules.catalogue`.
"""

from __future__ import annotations

from voting.rules.model import Amounts, Clock, Condition, Deadline, MatterRule, RuleSet, Share, Threshold
from voting.words import Group, Matter, Next

_HALF = Threshold(heads=Share(1, 2), amount=Share(1, 2))
_TWO_THIRDS = Threshold(heads=Share(1, 2), amount=Share(2, 3))
# The statute is silent on investors (85): two thirds of the capital, as for listed companies.
# An empty hall passes nothing.
_INVESTORS = Threshold(heads=Share(0, 1), amount=Share(2, 3), of_option_base=True)

_NO_INVESTORS = frozenset({Group.EQUITY})


def _of_all(
    zh: str,
    en: str,
    articles: tuple[str, ...],
    amounts: Amounts,
    *after_failure: Next,
    threshold: Threshold = _HALF,
) -> MatterRule:
    return MatterRule(
        zh=zh,
        en=en,
        articles=articles,
        by_group=False,
        barred=_NO_INVESTORS,
        amounts=amounts,
        threshold=threshold,
        special={},
        after_failure=after_failure,
    )


_MATTERS = {
    Matter.ORDINARY: _of_all(
        "一般事项",
        "an ordinary matter",
        ("61(1)(二)(三)(五)(十一)", "64"),
        Amounts.BY_OPTION,
        Next.FINAL,
    ),
    Matter.COMMITTEE: _of_all(
        "选任债权人委员会成员", "a member of the committee", ("61(1)(四)", "67"), Amounts.BY_OPTION, Next.FINAL
    ),
    Matter.MANAGEMENT: _of_all(
        "债务人财产的管理方案或破产财产的变价方案",
        "how property is managed or sold",
        ("61(1)(八)(九)", "64", "65(1)"),
        Amounts.BY_OPTION,
        Next.COURT,
    ),
    Matter.DISTRIBUTION: _of_all(
        "破产财产的分配方案",
        "the distribution plan",
        ("61(1)(十)", "59(3)", "64", "65(2)"),
        Amounts.UNSECURED,
        Next.SECOND_ROUND,
        Next.COURT,
    ),
    Matter.COMPOSITION: _of_all(
        "和解协议",
        "the composition",
        ("61(1)(七)", "59(3)", "97"),
        Amounts.UNSECURED,
        Next.FINAL,
        threshold=_TWO_THIRDS,
    ),
    Matter.PLAN: MatterRule(
        zh="重整计划草案",
        en="the reorganisation plan",
        articles=("61(1)(六)", "82", "84", "85", "86", "87"),
        by_group=True,
        barred=frozenset(),
        amounts=Amounts.FULL,
        threshold=_TWO_THIRDS,
        special={Group.EQUITY: _INVESTORS},
        after_failure=(Next.SECOND_ROUND, Next.COURT),
    ),
}

_CLOCKS = {
    Deadline.NOTICE: Clock(
        days=15,
        before=True,
        article="63",
        zh="提前十五日通知已知的债权人",
        en="known creditors are told 15 days before the meeting",
    ),
    Deadline.RESULT_NOTICE: Clock(
        days=3,
        before=False,
        article="规定(三) 11(1)",
        zh="非现场表决的，会后三日内将表决结果告知参与表决的债权人",
        en="after a remote vote, who took part is told the result within 3 days",
    ),
    Deadline.REVOCATION: Clock(
        days=15,
        before=False,
        article="64(2)",
        zh="自决议作出之日起十五日内可以请求人民法院裁定撤销",
        en="the court may be asked for 15 days to revoke the resolution",
    ),
    Deadline.FIRST_MEETING: Clock(
        days=15,
        before=False,
        article="62(1)",
        zh="第一次债权人会议自债权申报期限届满之日起十五日内召开",
        en="the first meeting is within 15 days of the end of filing",
    ),
    Deadline.PLAN_MEETING: Clock(
        days=30,
        before=False,
        article="84(1)",
        zh="自收到重整计划草案之日起三十日内召开债权人会议",
        en="a meeting on the plan is within 30 days of its draft",
    ),
    Deadline.PLAN_APPROVAL_REQUEST: Clock(
        days=10,
        before=False,
        article="86(2)",
        zh="自重整计划通过之日起十日内提出批准申请",
        en="approval of a plan that passed is asked for within 10 days",
    ),
    Deadline.PLAN_RULING: Clock(
        days=30,
        before=False,
        article="86(2), 87(3)",
        zh="自收到批准申请之日起三十日内裁定",
        en="the court rules within 30 days of the request to approve the plan",
    ),
    Deadline.REVIEW: Clock(
        days=15,
        before=False,
        article="66",
        zh="自裁定宣布之日或者收到通知之日起十五日内可以申请复议",
        en="review of a ruling under 65 may be asked for within 15 days",
    ),
}

_CRAM_DOWN = (
    Condition(
        number=1,
        groups=(Group.SECURED,),
        zh="担保债权就该特定财产将获得全额清偿，因延期清偿所受的损失将得到公平补偿，且担保权未受到实质性损害，或者该组已经通过",
        en="secured claims are paid in full from their security, without a loss by delay, or the group passed",
    ),
    Condition(
        number=2,
        groups=(Group.WAGE, Group.TAX),
        zh="职工债权和税款债权将获得全额清偿，或者相应组已经通过",
        en="wages and taxes are paid in full, or their groups passed",
    ),
    Condition(
        number=3,
        groups=(Group.ORDINARY, Group.SMALL),
        zh="普通债权所获得的清偿比例不低于依照破产清算程序所能获得的清偿比例，或者该组已经通过",
        en="ordinary claims get no less than in liquidation, or the group passed",
    ),
    Condition(
        number=4,
        groups=(Group.EQUITY,),
        zh="对出资人权益的调整公平、公正，或者出资人组已经通过",
        en="what investors lose is fair, or their group passed",
    ),
    Condition(
        number=5,
        groups=(),
        zh="公平对待同一表决组的成员，且清偿顺序不违反企业破产法第一百一十三条",
        en="members of one group are treated alike and the order of payment is that of article 113",
    ),
    Condition(
        number=6,
        groups=(),
        zh="债务人的经营方案具有可行性",
        en="the business plan is feasible",
    ),
)

EBL2006_JI3 = RuleSet(
    name="EBL2006+JI3",
    zh="《企业破产法》（2006年）及规定（三）",
    matters=_MATTERS,
    clocks=_CLOCKS,
    cram_down=_CRAM_DOWN,
    committee_members=9,
    committee_employees=1,
    call_share=Share(1, 4),
)
