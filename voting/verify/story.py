"""The leaves in their order (2, 4, 5, 7): each is refused as a Fault where it must not stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voting.verify.casting import Casting, round_of
from voting.verify.count import Round
from voting.verify.difference import first_difference
from voting.verify.draw import draw
from voting.verify.faults import shortened, wrong_leaf
from voting.verify.fields import KINDS
from voting.verify.followed import followed


class Story:
    """Hand over `leaf` after `leaf`, `hidden` in place of those that are not told, then `end`."""

    def __init__(self, h: Callable[[bytes], bytes], public: bool, rolls: dict[str, list[dict[str, Any]]]) -> None:
        self._h = h
        self.public = public
        self.rolls = rolls
        self.frozen: set[str] = set()
        self.rounds: dict[tuple[str, int], Round] = {}
        self.attending: set[str] = set()
        self.exclusions: dict[tuple[str, int], set[str]] = {}
        self.draws: dict[str, dict[str, Any]] = {}
        self.drawn: set[str] = set()
        self.over = False
        self.utc_ms = 0
        self.deemed_now: Round | None = None
        self._casting = Casting(self.rounds)
        self._tell: dict[str, Callable[[dict[str, Any], int], None] | None] = {
            kind: getattr(self, "_" + kind.replace(".", "_"), None) for kind in KINDS
        }
        self._tell.update(self._casting.tells)

    def hidden(self, seq: int) -> None:
        """A leaf of which only the hash is told (9)."""
        self._may_stand(seq, "")

    def leaf(self, leaf: dict[str, Any]) -> None:
        """The next leaf in clear. Raises Fault."""
        seq, kind = leaf["seq"], leaf["kind"]
        self._may_stand(seq, kind)
        if leaf["utc_ms"] < self.utc_ms:
            raise wrong_leaf(seq, "时间早于前一条", "its time is before that of the leaf before")
        self.utc_ms = leaf["utc_ms"]
        tell = self._tell[kind]
        if tell is not None:
            tell(leaf, seq)

    def end(self, seq: int) -> None:
        """After the last leaf."""
        if self.deemed_now is not None:
            raise wrong_leaf(seq - 1, "deemed 之后没有结果", "no result follows the deemed votes")

    def _may_stand(self, seq: int, kind: str) -> None:
        if (seq == 0) != (kind == "meeting.created"):
            raise wrong_leaf(
                seq, "meeting.created 必须且只能是第一条", "meeting.created is the first leaf, and only it"
            )
        if self.over:
            raise wrong_leaf(seq, "会议闭会之后还有记录", "it stands after meeting.closed")
        if self.deemed_now is not None and kind != "result":
            raise wrong_leaf(
                seq, "deemed 之后必须紧接结果", "the result has to follow directly after the deemed votes"
            )

    @property
    def ballots(self) -> int:
        """How many were cast."""
        return self._casting.ballots

    def _roll_frozen(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["roll"] in self.frozen:
            raise wrong_leaf(seq, f"债权表 {leaf['roll']} 已固定过", f"the roll {leaf['roll']} was frozen before")
        if leaf["roll"] not in self.rolls:
            raise wrong_leaf(seq, f"文件中没有债权表 {leaf['roll']}", f"the file has no roll {leaf['roll']}")
        self.frozen.add(leaf["roll"])

    def _presence(self, leaf: dict[str, Any], seq: int) -> None:
        attendee = leaf["attendee"]
        if leaf["state"] == "out":
            self.attending.discard(attendee)
            return
        self.attending.add(attendee)
        for round_ in self.rounds.values():
            if round_.closed is None:
                round_.attended.add(attendee)

    def _motion_opened(self, leaf: dict[str, Any], seq: int) -> None:
        motion, number, matter, options = leaf["motion"], leaf["round"], leaf["matter"], leaf["options"]
        if leaf["roll"] not in self.frozen:
            raise wrong_leaf(seq, "所用债权表尚未固定", "its roll was not frozen before")
        if (motion, number) in self.rounds:
            raise wrong_leaf(seq, "该轮表决已开启过", "this round was opened before")
        groups = leaf["groups"]
        if sorted(set(groups)) != groups or bool(groups) != (matter == "plan"):
            raise wrong_leaf(seq, "表决组填写有误", "the groups are not as the matter has them")
        blocs = [bloc["group"] for bloc in options["bloc"]]
        if sorted(set(blocs)) != blocs:
            raise wrong_leaf(seq, "整组表决的组别未排序或重复", "the blocs are not sorted, or one is there twice")
        deemed = options["silent"].startswith("deemed_")
        if bool(options["court_ref"]) != deemed or bool(options["resolution"]) != deemed:
            raise wrong_leaf(
                seq,
                "视为表决须有且仅在此时有裁定和决议依据",
                "court_ref and resolution belong to deemed votes, and only to them",
            )
        if number == 2:
            first = self.rounds.get((motion, 1))
            if first is None or first.result is None or first.result["next"] != "second_round":
                raise wrong_leaf(seq, "没有须再次表决的第一轮结果", "no result of a round 1 calls for a round 2")
            if first.matter != matter:
                raise wrong_leaf(seq, "第二轮的事项与第一轮不同", "round 2 is about another matter than round 1")
            failed = [d["division"] for d in first.result["divisions"] if not d["passed"]]
            if matter == "plan" and groups != failed:
                raise wrong_leaf(
                    seq,
                    "第二轮的组不是第一轮未通过的组",
                    "the groups of round 2 are not those that failed in round 1",
                )
        round_ = Round(leaf, self.rolls.get(leaf["roll"], ()), self.attending)
        round_.excluded = self.exclusions.setdefault((motion, number), set())
        self.rounds[motion, number] = round_

    def _open_round(self, leaf: dict[str, Any], seq: int) -> Round:
        round_ = round_of(self.rounds, leaf, seq)
        if round_.closed is not None:
            raise wrong_leaf(seq, "该轮表决已经截止", "this round is closed")
        return round_

    def _motion_extended(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._open_round(leaf, seq)
        if leaf["closes_utc_ms"] <= round_.closes_utc_ms:
            raise wrong_leaf(seq, "延长后的截止时间不晚于原时间", "it does not extend the round")
        round_.closes_utc_ms = leaf["closes_utc_ms"]

    def _exclusion(self, leaf: dict[str, Any], seq: int) -> None:
        at = leaf["motion"], leaf["round"]
        if at in self.rounds and self.rounds[at].closed is not None:
            raise wrong_leaf(seq, "回避作出在表决截止之后", "the exclusion comes after the closing")
        self.exclusions.setdefault(at, set()).add(leaf["creditor"])

    def _motion_closed(self, leaf: dict[str, Any], seq: int) -> None:
        self._open_round(leaf, seq).closed = leaf

    def _deemed(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = round_of(self.rounds, leaf, seq)
        options = round_.options
        if options["silent"] != "deemed_" + leaf["choice"]:
            raise wrong_leaf(seq, "该轮没有此种视为表决的规则", "the options have no such deemed votes")
        if leaf["court_ref"] != options["court_ref"] or leaf["resolution"] != options["resolution"]:
            raise wrong_leaf(
                seq, "视为表决的依据与开启时不符", "court_ref or resolution are not those of the options"
            )
        round_.deemed = self.deemed_now = None
        if round_.closed is None or round_.result is not None:
            raise wrong_leaf(seq, "视为表决不在截止与结果之间", "it does not lie between closing and result")
        round_.deemed, self.deemed_now = leaf, round_

    def _result(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = round_of(self.rounds, leaf, seq)
        if round_.closed is None or round_.result is not None:
            raise wrong_leaf(seq, "结果不在截止之后，或已有结果", "the round is not closed, or has a result")
        if self.deemed_now not in (None, round_):
            raise wrong_leaf(
                seq, "deemed 之后必须紧接该轮结果", "another round's deemed votes come directly before it"
            )
        if (self.deemed_now is None) == round_.options["silent"].startswith("deemed_"):
            raise wrong_leaf(seq, "结果之前缺少视为表决", "no deemed votes directly before the result")
        self.deemed_now = None
        if round_.deemed is not None:
            deemed = [dict(d["deemed"], division=d["division"]) for d in leaf["divisions"]]
            if deemed != round_.deemed["divisions"]:
                raise wrong_leaf(seq - 1, "视为表决的数字与结果不符", "the deemed votes are not those of the result")
        told = {name: leaf[name] for name in ("alternatives", "divisions", "next", "passed")}
        counted = followed(round_, leaf) if self.public else round_.recount()
        different = first_difference(told, counted)
        if different is not None:
            where, said, right = (shortened(part) for part in different)
            raise wrong_leaf(
                seq,
                f"结果与重新计票不符：{where} 记为 {said}，应为 {right}",
                f"the result is not what the ballots give: {where} is {said}, should be {right}",
            )
        round_.result = leaf

    def _result_announced(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = round_of(self.rounds, leaf, seq)
        if round_.result is None or round_.result["seq"] != leaf["result"] or round_.announced:
            raise wrong_leaf(
                seq, "宣布的不是该轮结果，或已宣布", "it announces what is not the round's result, or again"
            )
        round_.announced = True

    def _draw_committed(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["draw"] in self.draws or leaf["count"] > leaf["pool_size"]:
            raise wrong_leaf(seq, "抽签编号重复或人数不足", "a draw of this id was before, or the pool is too small")
        self.draws[leaf["draw"]] = leaf

    def _draw_revealed(self, leaf: dict[str, Any], seq: int) -> None:
        committed = self.draws.get(leaf["draw"])
        if committed is None or leaf["draw"] in self.drawn:
            raise wrong_leaf(seq, "抽签没有承诺或已公布", "the draw was not committed to, or revealed before")
        self.drawn.add(leaf["draw"])
        secret = bytes.fromhex(leaf["secret"])
        if self._h(b"\2" + secret).hex() != committed["commitment"]:
            raise wrong_leaf(seq, "公布的秘密值与承诺不符", "the secret is not the one committed to")
        count, chosen = committed["count"], leaf["chosen"]
        # Lengths first: a log of a few lines may promise a draw that would take for ever.
        if len(chosen) != count or chosen != draw(self._h, secret, leaf["public"], committed["pool_size"], count):
            raise wrong_leaf(seq, "抽签结果与重新计算不符", "the places are not those that the draw gives")

    def _cram_entered(self, leaf: dict[str, Any], seq: int) -> None:
        if (leaf["motion"], 1) not in self.rounds:
            raise wrong_leaf(seq, "该事项没有开启过", "its motion was never opened")

    def _anchor(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["size"] > seq:
            raise wrong_leaf(seq, "存证的树大于此前的记录", "it anchors a tree larger than the log before it")

    def _meeting_closed(self, leaf: dict[str, Any], seq: int) -> None:
        self.over = True
