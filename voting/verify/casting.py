"""Who may cast a ballot, by which mandate and on which paper (2, 4, 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from voting.verify.count import Round
from voting.verify.faults import wrong_leaf


def round_of(rounds: Mapping[tuple[str, int], Round], leaf: dict[str, Any], seq: int) -> Round:
    """The round of a motion that a leaf names. Fault where it was not opened."""
    round_ = rounds.get((leaf["motion"], leaf["round"]))
    if round_ is None:
        raise wrong_leaf(seq, "该轮表决没有开启", "this round was not opened")
    return round_


class Casting:
    """Takes mandates, papers and ballots into `rounds`, which its owner fills."""

    def __init__(self, rounds: Mapping[tuple[str, int], Round]) -> None:
        self.rounds = rounds
        self.ballots = 0
        self.mandates: dict[str, dict[str, Any]] = {}
        self.revoked: set[str] = set()
        self.papers: dict[str, list[dict[str, Any]]] = {}
        self.idems: set[str] = set()
        self.tells: dict[str, Callable[[dict[str, Any], int], None]] = {
            "ballot": self._ballot,
            "mandate": self._mandate,
            "mandate.revoked": self._mandate_revoked,
            "paper.entered": self._paper_entered,
        }

    def _mandate(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["mandate"] in self.mandates:
            raise wrong_leaf(seq, "同一委托编号出现两次", "this mandate was given before")
        self.mandates[leaf["mandate"]] = leaf

    def _mandate_revoked(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["mandate"] not in self.mandates or leaf["mandate"] in self.revoked:
            raise wrong_leaf(seq, "被撤销的委托不存在或已撤销", "it revokes a mandate that does not stand")
        self.revoked.add(leaf["mandate"])

    def _paper_entered(self, leaf: dict[str, Any], seq: int) -> None:
        self.papers.setdefault(leaf["paper"], []).append(leaf)

    def _ballot(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = round_of(self.rounds, leaf, seq)
        creditor, division = leaf["creditor"], leaf["division"]
        if leaf["idem"] in self.idems:
            raise wrong_leaf(seq, "同一表决请求出现两次", "its idem is that of another ballot")
        self.idems.add(leaf["idem"])
        if division not in round_.units or creditor not in round_.units[division]:
            raise wrong_leaf(seq, f"{creditor} 在该组无表决权", f"{creditor} has no vote in {division}")
        amount = round_.units[division][creditor]
        if leaf["amount_fen"] != amount:
            raise wrong_leaf(
                seq,
                f"表决权金额为 {leaf['amount_fen']} 分，债权表上为 {amount} 分",
                f"its amount is {leaf['amount_fen']} fen, by the roll {amount}",
            )
        is_paper = leaf["channel"] == "paper"
        if is_paper != (leaf["paper"] != ""):
            raise wrong_leaf(seq, "书面票与表决渠道不符", "channel and paper do not fit")
        if is_paper:
            received = self._received(leaf, seq)
        elif leaf["choice"] == "invalid":
            raise wrong_leaf(seq, "只有书面票可以无效", "only paper may be invalid")
        if round_.result is not None:
            raise wrong_leaf(seq, "表决在结果之后", "the ballot comes after the result")
        if round_.closed is not None and not (is_paper and received <= round_.closed["utc_ms"]):
            raise wrong_leaf(seq, "表决在截止之后", "the ballot comes after the closing")
        self._may_cast(leaf, round_, seq)
        cast = round_.ballots[division]
        if creditor in cast and round_.options["ballots"] == "final":
            raise wrong_leaf(seq, f"{creditor} 重复表决", f"{creditor} votes a second time")
        cast[creditor] = leaf["choice"]
        self.ballots += 1

    def _received(self, ballot: dict[str, Any], seq: int) -> int:
        """When the paper of a ballot was received, by two clerks who agree."""
        same = ("motion", "round", "creditor", "division", "choice")
        clerks: dict[tuple[int, str], set[str]] = {}
        for entry in self.papers.get(ballot["paper"], ()):
            if all(entry[name] == ballot[name] for name in same):
                clerks.setdefault((entry["received_utc_ms"], entry["scan"]), set()).add(entry["clerk"])
        times = [received for (received, _), names in clerks.items() if len(names) > 1]
        if not times:
            raise wrong_leaf(
                seq,
                "没有两名书记员一致录入的书面票",
                "no two clerks entered this paper alike before it",
            )
        return min(times)

    def _may_cast(self, leaf: dict[str, Any], round_: Round, seq: int) -> None:
        creditor, actor = leaf["creditor"], leaf["actor"]
        if leaf["mandate"] == "":
            if actor != round_.representatives.get(creditor, creditor):
                raise wrong_leaf(
                    seq, "投票人不是债权人本人，也没有委托", "cast by another than the creditor, without mandate"
                )
            return
        mandate = self.mandates.get(leaf["mandate"])
        if leaf["channel"] == "paper":
            raise wrong_leaf(seq, "书面票不能由代理人投", "a ballot from paper has the creditor as its actor")
        if mandate is None or leaf["mandate"] in self.revoked:
            raise wrong_leaf(seq, "委托不存在或已撤销", "its mandate does not stand")
        if mandate["principal"] != creditor or mandate["agent"] != actor:
            raise wrong_leaf(seq, "委托人或受托人不符", "its mandate is by another creditor or to another agent")
        if mandate["motions"] and leaf["motion"] not in mandate["motions"]:
            raise wrong_leaf(seq, "委托不包括该事项", "its mandate does not cover the motion")
        told = [i["choice"] for i in mandate["instructions"] if i["motion"] == leaf["motion"]]
        if any(choice != leaf["choice"] for choice in told):
            raise wrong_leaf(seq, "表决与委托指示不符", "the choice is not the one instructed")
