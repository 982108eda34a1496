"""表决结果告知书: what each creditor is told of a result (规定(三) 11(1)), with their own vote. Pure.

The text is made from log and roll alone, the same each time, so it is not kept a hundred thousand times: its hash is.
"""

from __future__ import annotations

from collections.abc import Iterator

from records.writing.legible import legible
from records.writing.minutes import Field, Minutes, Paragraph
from voting.meeting import Meeting
from voting.round import Round
from voting.units import divisions_of
from voting.words import ALL, Choice, Standing, bloc_unit
from voting.writing.facts import Facts
from voting.writing.figures import yuan
from voting.writing.papers import counted_result, evidence, plain, revocation, round_fields
from voting.writing.results import conclusion, division_lines, division_name

BASIS = "《最高人民法院关于适用〈中华人民共和国企业破产法〉若干问题的规定（三）》第十一条第一款"
_CHOICES = {
    Choice.AGREE: "同意",
    Choice.AGAINST: "反对",
    Choice.ABSTAIN: "弃权",
    Choice.INVALID: "无效票",
}


class NoticeWriter:
    """Notices of one round that was counted. ValueError before."""

    def __init__(self, facts: Facts, meeting: Meeting, round_: Round) -> None:
        result = counted_result(round_)
        self._facts = facts
        self._round = round_
        self._fields = tuple(round_fields(facts, round_))
        self._result = tuple(
            plain(line)
            for line in (
                *(line for division in result.divisions for line in division_lines(round_, division)),
                *conclusion(round_, result),
                *revocation(meeting.rules, round_, result),
            )
        )
        self._evidence = tuple(plain(line) for line in evidence(meeting, result))

    def told(self) -> list[str]:
        """Everybody who is told: who has an entry with a vote in one of the divisions, those excluded too. In order
        of their ids."""
        round_, divisions = self._round, self._divisions
        return sorted(
            {
                entry.creditor
                for entry in round_.roll.entries
                if entry.kind is not Standing.NONE
                and entry.group not in round_.rule.barred
                and (not round_.rule.by_group or entry.group.value in divisions)
            }
        )

    def of(self, creditor: str, name: str) -> Minutes:
        """The creditor's notice."""
        return Minutes(
            session=self._facts.meeting,
            case_no=legible(self._facts.case_no),
            court=legible(self._facts.court),
            title="表决结果告知书",
            fields=(Field(name="债权人", text=f"{legible(name)}（编号{creditor}）"), *self._fields),
            paragraphs=(
                plain(f"依照{BASIS}的规定，现将表决结果告知如下："),
                *self._result,
                *self._own(creditor),
                *self._evidence,
            ),
            closing="特此告知。",
            places=("管理人", "收件人"),
            draft=False,
            strip=(),
        )

    @property
    def _divisions(self) -> tuple[str, ...]:
        return divisions_of(self._round.rule, self._round.opened.groups)

    def _own(self, creditor: str) -> Iterator[Paragraph]:
        if creditor in self._round.excluded:
            yield plain("您依人民法院的决定回避本事项的表决，您的债权额未计入。", "您的表决")
            return
        found = [
            self._vote(name, unit.amount_fen, unit.choice, unit.seq)
            for name in self._divisions
            if (unit := self._round.divisions[name].units.get(creditor)) is not None
        ]
        entries = self._round.roll.of(creditor)
        if any(bloc_unit(entry.group) in self._round.representatives for entry in entries):
            found.append("您所在的组由代表作为一票行使表决权。")
        yield plain("".join(found) or "您对本事项不享有表决权。", "您的表决")

    def _vote(self, division: str, amount_fen: int, choice: Choice | None, seq: int) -> str:
        where = "" if division == ALL else f"{division_name(division)}："
        if choice is None:
            return f"{where}表决额{yuan(amount_fen)}，未收到您的表决票。"
        return f"{where}表决额{yuan(amount_fen)}，您的表决为{_CHOICES[choice]}（表决日志第{seq}项）。"
