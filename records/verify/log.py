"""The event log: one unbroken chain with signed heads, the last of them on its last entry."""

from __future__ import annotations

import hashlib
from typing import Any

from records.standalone.canonical import canonical_without, parse_object
from records.standalone.ed25519 import ed25519_verify
from records.verify.edition import Edition
from records.verify.findings import Findings
from records.verify.names import EVENTS, GENESIS, HEADS
from records.verify.reading import is_number


class LogCheck:
    """`public` is the raw key that the package is signed with. The counts are of what was found in order."""

    def __init__(self, found: Findings, edition: Edition, public: bytes | None, fingerprint: str | None) -> None:
        self._found = found
        self._edition = edition
        self._public = public
        self._fingerprint = fingerprint
        self._prev, self._at_ms = GENESIS, 0
        self.session: str | None = None
        self.events = self.heads = 0

    def run(self) -> list[dict[str, Any]] | None:
        """The entries of the log, or None where it is no chain."""
        entries = self._check_chain()
        if entries is not None:
            self._edition.finish()
            self._check_heads(entries)
        return entries

    def _check_chain(self) -> list[dict[str, Any]] | None:
        text = self._found.read(EVENTS)
        if text is None:
            return None
        entries = []
        for number, line in enumerate(text.splitlines(), 1):
            entry = parse_object(line)
            if entry is None:
                self._found.fault(EVENTS, f"第{number}行格式错误 / line {number} is not a canonical entry", number)
                return None
            what = self._entry_fault(entry, number)
            if what:
                self._found.fault(EVENTS, f"第{number}号事件{what}", number)
                return None
            entries.append(entry)
        self.events = len(entries)
        if not entries:
            self._found.fault(EVENTS, "事件日志为空 / empty")
            return None
        return entries

    def _entry_fault(self, entry: dict[str, Any], number: int) -> str | None:
        """What is wrong with the entry after those before; nothing is, and it becomes the one before."""
        session, at_ms = entry.get("session"), entry.get("at_ms")
        if not is_number(entry.get("seq")) or entry["seq"] != number:
            return f"次序错误 / entry {entry.get('seq')} stands in the place of {number}"
        if not isinstance(session, str) or session != (self.session or session):
            return "不属于本庭次 / is of another session"
        if entry.get("prev") != self._prev:
            return "与前一事件不衔接 / does not carry the hash of the entry before"
        kind = self._edition.count(entry)
        if kind is None:
            return "被隐去，法院版中不应如此 / is masked or withheld, though this is the court's own package"
        if kind == "whole" and entry.get("hash") != hashlib.sha256(canonical_without(entry, "hash")).hexdigest():
            return "内容与哈希不符 / its content does not match its hash"
        if not isinstance(entry.get("hash"), str):
            return "没有哈希 / has no hash"
        if kind != "withheld":
            if not isinstance(at_ms, int) or not is_number(at_ms) or at_ms < self._at_ms:
                return "时间倒退 / its time is before the entry before"
            if not isinstance(entry.get("event"), dict):
                return "没有事件内容 / holds no event"
            self._at_ms = at_ms
        self.session, self._prev = session, entry["hash"]
        return None

    def _check_heads(self, entries: list[dict[str, Any]]) -> None:
        text = self._found.read(HEADS)
        if text is None:
            return
        last = 0
        for number, line in enumerate(text.splitlines(), 1):
            head = parse_object(line)
            if head is None:
                self._found.fault(HEADS, f"第{number}行格式错误 / line {number} is not a canonical head")
                return
            what = self._head_fault(head, entries)
            if what:
                seq = head.get("seq")
                self._found.fault(HEADS, f"第{number}行：{what}", seq if isinstance(seq, int) else None)
                return
            last = max(last, head["seq"])
            self.heads += 1
        if last != len(entries):
            self._found.fault(HEADS, f"最后的事件没有签名 / no signed head covers entry {len(entries)}", len(entries))

    def _head_fault(self, head: dict[str, Any], entries: list[dict[str, Any]]) -> str | None:
        seq = head.get("seq")
        if not isinstance(seq, int) or not is_number(seq) or not 1 <= seq <= len(entries):
            return "签名指向不存在的事件 / head of an entry that is not in the log"
        if head.get("session") != self.session or head.get("hash") != entries[seq - 1]["hash"]:
            return "签名与事件日志不符 / head of another log"
        if head.get("key") != self._fingerprint:
            return "由其他密钥签名 / signed by another key"
        try:
            signature = bytes.fromhex(head.get("signature", ""))
        except (TypeError, ValueError):
            signature = b""
        if not ed25519_verify(self._public or b"", signature, canonical_without(head, "signature")):
            return "签名无效 / the signature is not valid"
        return None
