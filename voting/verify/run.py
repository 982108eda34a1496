"""One run of all checks over one log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from voting.verify.anchors import check_anchors, sizes_of_anchors
from voting.verify.faults import Fault, wrong_leaf
from voting.verify.log_file import LogFile
from voting.verify.receipts import check_receipt, size_of_receipt
from voting.verify.story import Story


class Verification:
    """`run` once; `wrong` fills as it goes. A receipt is an object as section 8 has it."""

    def __init__(
        self, data: bytes, key: str | None = None, receipt: Any = None, anchors: bytes | None = None
    ) -> None:
        self.log = LogFile(data)
        self.key, self.receipt, self.anchors = key, receipt, anchors
        self.proofs: list[dict[str, Any]] = []
        self.wrong: list[Fault] = []
        self.story: Story | None = None

    def run(self) -> bool:
        """Check everything; whether nothing was wrong."""
        log, anchors = self.log, self.anchors
        if self._try(log.layout):
            self._try(lambda: log.check_seal(self.key))
            rolls_are_right = self._try(log.read_rolls)
            in_clear = self._try(log.read_leaves)
            self._try(log.read_heads)
            self._try(lambda: log.grow_tree({size_of_receipt(self.receipt), *sizes_of_anchors(anchors or b"")}))
            if in_clear and rolls_are_right:
                self._try(self._fold)
            if anchors is not None and in_clear:
                self._try(lambda: check_anchors(log, anchors, self.proofs))
            if self.receipt is not None:
                self._try(lambda: check_receipt(log, self.receipt))
        self.wrong.sort(key=lambda fault: fault.line or len(log.lines) + 1)
        return not self.wrong

    def _try(self, stage: Callable[[], None]) -> bool:
        try:
            stage()
        except Fault as fault:
            self.wrong.append(fault)
            return False
        return True

    def _fold(self) -> None:
        log = self.log
        story = self.story = Story(log.h, log.header["edition"] == "public", log.rolls)
        for seq, leaf in enumerate(log.leaves):
            if leaf is None:
                story.hidden(seq)
                continue
            story.leaf(leaf)
            if leaf["kind"] == "roll.frozen" and log.roll_roots[leaf["roll"]] != (leaf["entries"], leaf["root"]):
                raise wrong_leaf(seq, "债权表与固定时不符", "the roll in the file is not the one that was frozen")
        story.end(len(log.leaves))
        if story.frozen != log.rolls.keys():
            raise Fault(1, "文件中有未固定的债权表", "the file has a roll that was never frozen")


def verify_bytes(
    data: bytes, key: str | None = None, receipt: Any = None, anchors: bytes | None = None
) -> dict[str, Any]:
    """Verify the bytes of a ballot log; the result as a dict (see `--json`)."""
    started = time.monotonic()
    run = Verification(data, key, receipt, anchors)
    ok = run.run()
    story = run.story
    results = [round_.result for round_ in story.rounds.values() if round_.result] if story is not None else []
    return {
        "ok": ok,
        "wrong": [
            dict({"en": f.en, "line": f.line, "seq": f.seq, "zh": f.zh}, **({"where": f.where} if f.where else {}))
            for f in run.wrong
        ],
        "meeting": run.log.header.get("meeting", ""),
        "edition": run.log.header.get("edition", ""),
        "alg": run.log.header.get("alg", ""),
        "leaves": len(run.log.hashes),
        "heads": len(run.log.heads),
        "ballots": story.ballots if story is not None else 0,
        "root": run.log.roots.get(len(run.log.hashes), ""),
        "key": run.log.signed_by,
        "key_checked": key is not None,
        "receipt_checked": receipt is not None,
        "anchors_checked": anchors is not None,
        "anchors": [
            {"anchor": proof["anchor"], "size": proof["head"]["size"], "time": proof["time"]} for proof in run.proofs
        ],
        "results": results,
        "seconds": round(time.monotonic() - started, 3),
    }
