"""Whether what a receipt says is in the log (8)."""

from __future__ import annotations

from typing import Any

from records.standalone.canonical import canonical_bytes
from voting.verify.checks import is_whole, wrong_field
from voting.verify.faults import Fault
from voting.verify.fields import HEAD, LATE, wrong_in_leaf
from voting.verify.log_file import LogFile


def size_of_receipt(receipt: Any) -> int:
    """Of the tree that a receipt names, or 0."""
    head = receipt.get("head") if type(receipt) is dict else None
    size: Any = head.get("size") if type(head) is dict else None
    return int(size) if is_whole(size) else 0


def check_receipt(log: LogFile, receipt: Any) -> None:
    """Raises the first Fault: an ALARM where the log is not what was promised."""
    if type(receipt) is dict and "late" in receipt:
        return _check_late(log, receipt)
    leaf = receipt.get("leaf") if type(receipt) is dict else None
    head = receipt.get("head") if type(receipt) is dict else None
    if type(leaf) is not dict or wrong_in_leaf(leaf) is not None:
        raise Fault(0, "回执内容有误", "the receipt has no leaf")
    if type(head) is not dict or wrong_field(head, HEAD.items()) is not None:
        raise Fault(0, "回执内容有误", "the receipt has no head")
    if {leaf["meeting"], head["meeting"]} != {log.header["meeting"]} or head["alg"] != log.header["alg"]:
        raise Fault(0, "回执属于另一会议", "the receipt is of another meeting")
    log.check_signature(head, 0, "回执签名", "the receipt's signature")
    if head["size"] <= leaf["seq"]:
        raise Fault(0, "回执的树头不含该表决", "the receipt's head does not cover its leaf")
    if head["size"] > len(log.hashes):
        raise Fault(
            0,
            "警报：日志短于回执。法院签发回执后日志应更长",
            "ALARM: the log is shorter than the receipt says it was",
        )
    if log.hashes[leaf["seq"]] != log.h(b"\0" + canonical_bytes(leaf)):
        raise Fault(
            leaf["seq"] + 2,
            "警报：回执上的表决不在日志中",
            "ALARM: the ballot of the receipt is not in the log",
            leaf["seq"],
        )
    if log.roots.get(head["size"]) != head["root"]:
        raise Fault(
            0,
            "警报：回执上的签名树头属于另一份日志",
            "ALARM: the head of the receipt is that of another log",
        )
    return None


def _check_late(log: LogFile, receipt: dict[str, Any]) -> None:
    if wrong_field(receipt, LATE.items()) is not None or receipt["late"] is not True:
        raise Fault(0, "回执内容有误", "the receipt is not as it should be")
    if receipt["meeting"] != log.header["meeting"]:
        raise Fault(0, "回执属于另一会议", "the receipt is of another meeting")
    log.check_signature(receipt, 0, "回执签名", "the receipt's signature")
    closed = log.leaves[receipt["closed_seq"]] if receipt["closed_seq"] < len(log.leaves) else None
    same = ("motion", "round")
    if closed is None or closed.get("kind") != "motion.closed" or any(closed[n] != receipt[n] for n in same):
        raise Fault(0, "警报：日志中没有回执所说的截止", "ALARM: the closing of the receipt is not in the log")
    if any(leaf is not None and leaf.get("idem") == receipt["idem"] for leaf in log.leaves):
        raise Fault(0, "警报：迟到的表决被计入", "ALARM: the late ballot is in the log")
