"""The evidence of anchors (10)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from records.standalone.canonical import canonical_bytes, parse_object
from records.standalone.stamp import imprint_of
from voting.verify.checks import is_whole, wrong_field
from voting.verify.faults import Fault, wrong_leaf
from voting.verify.fields import PROOF
from voting.verify.log_file import LogFile


def sizes_of_anchors(anchors: bytes) -> set[int]:
    """Of the trees that a file of anchors names; junk has none."""
    heads = [(parse_object(line) or {}).get("head") for line in anchors.splitlines()]
    return {head["size"] for head in heads if type(head) is dict and is_whole(head.get("size"))}


def check_anchors(log: LogFile, anchors: bytes, proofs: list[dict[str, Any]]) -> None:
    """Whether each anchor of the log has its evidence and each evidence is of this log. Fills `proofs` with
    those that are right, with `time` where the evidence says one."""
    if anchors and not anchors.endswith(b"\n"):
        raise Fault(0, "文件末尾不完整", "it does not end with a newline", where="存证 anchors")
    known: set[tuple[str, int, str]] = set()
    for number, line in enumerate(anchors.split(b"\n")[:-1], 1):
        where = f"存证第 {number} 行 line {number} of the anchors"
        proof = parse_object(line)
        if proof is None or wrong_field(proof, PROOF.items()) is not None:
            raise Fault(0, "不是存证", "not an anchor's evidence", where=where)
        head, evidence = proof["head"], bytes.fromhex(proof["evidence"])
        if head["meeting"] != log.header["meeting"] or head["alg"] != log.header["alg"]:
            raise Fault(0, "存证属于另一会议", "of another meeting", where=where)
        if head["size"] > len(log.hashes):
            zh, en = (
                "警报：存证时日志更长。请重新下载两个文件",
                "ALARM: the log was longer then; get both files anew",
            )
            raise Fault(0, zh, en, where=where)
        try:
            log.check_signature(head, 0, "树头签名", "the head's signature")
        except Fault as fault:
            raise Fault(0, fault.zh, fault.en, where=where) from fault
        if log.roots.get(head["size"]) != head["root"]:
            raise Fault(0, "警报：存证的是另一份日志", "ALARM: what was anchored is another log", where=where)
        if why := anchored(proof["anchor"], evidence, canonical_bytes(head)):
            raise Fault(0, "存证内容与树头不符", f"the evidence is not of its head: {why}", where=where)
        known.add((proof["anchor"], head["size"], hashlib.sha256(evidence).hexdigest()))
        time_ = imprint_of(evidence)[1] if proof["anchor"] == "rfc3161" else ""
        proofs.append({**proof, "time": time_})
    for seq, leaf in enumerate(log.leaves):
        if leaf is None or leaf["kind"] != "anchor":
            continue
        if (leaf["anchor"], leaf["size"], leaf["evidence"]) not in known:
            raise wrong_leaf(seq, "缺少该存证的内容", "the evidence of this anchor is not in the file of anchors")


def anchored(kind: str, evidence: bytes, head: bytes) -> str:
    """ "" where the evidence is of this head (its canonical JSON), otherwise why it is not."""
    digest = hashlib.sha256(head).digest()
    if kind == "file":
        return "" if evidence == head else "it is another head"
    if kind == "https":
        try:
            told = json.loads(evidence)
        except (ValueError, RecursionError):
            return "it is no JSON"
        return "" if type(told) is dict and told.get("sha256") == digest.hex() else "its sha256 is another"
    try:
        return "" if imprint_of(evidence)[0] == digest else "it stamps something else"
    except ValueError as error:
        return str(error)
