"""The event log: one unbroken chain, signed heads, and the byte ranges that it sealed during the recording."""

from __future__ import annotations

import hashlib
from typing import IO, Any

from records.verify.ed25519 import ed25519_verify
from records.verify.findings import Findings
from records.verify.names import CHUNK_BYTES, EVENTS, GENESIS, HEADS, TRACKS
from records.verify.reading import canonical_without, parse_object


class LogCheck:
    """`public` is the raw key that the package is signed with. The counts are of what was found in order."""

    def __init__(self, found: Findings, public: bytes | None, fingerprint: str | None) -> None:
        self._found = found
        self._public = public
        self._fingerprint = fingerprint
        self.session: str | None = None
        self.events = self.heads = self.ranges = 0

    def run(self) -> list[dict[str, Any]] | None:
        """The entries of the log, or None where it is no chain."""
        entries = self._check_chain()
        if entries is not None:
            self._check_heads(entries)
            self._check_ranges(entries)
        return entries

    def _check_chain(self) -> list[dict[str, Any]] | None:
        text = self._found.read(EVENTS)
        if text is None:
            return None
        entries = []
        prev, at_ms = GENESIS, 0
        for number, line in enumerate(text.splitlines(), 1):
            entry = parse_object(line)
            if entry is None:
                self._found.fault(EVENTS, f"line {number} is not a canonical entry 第{number}行格式错误", number)
                return None
            what = None
            if entry.get("seq") != number:
                what = f"entry {entry.get('seq')} stands in the place of {number} 事件次序错误"
            elif entry.get("session") != (self.session or entry.get("session")):
                what = "entry of another session 不属于本庭次"
            elif entry.get("prev") != prev:
                what = "does not carry the hash of the entry before 与前一事件不衔接"
            elif entry.get("hash") != hashlib.sha256(canonical_without(entry, "hash")).hexdigest():
                what = "content does not match its hash 内容与哈希不符"
            elif not isinstance(entry.get("at_ms"), int) or entry["at_ms"] < at_ms:
                what = "its time is before the entry before 时间倒退"
            if what:
                self._found.fault(EVENTS, f"seq {number}: {what}", number)
                return None
            self.session = entry.get("session")
            prev, at_ms = entry["hash"], entry["at_ms"]
            entries.append(entry)
        self.events = len(entries)
        if not entries:
            self._found.fault(EVENTS, "empty 事件日志为空")
            return None
        return entries

    def _check_heads(self, entries: list[dict[str, Any]]) -> None:
        text = self._found.read(HEADS)
        if text is None:
            return
        last = 0
        for number, line in enumerate(text.splitlines(), 1):
            head = parse_object(line)
            if head is None:
                self._found.fault(HEADS, f"line {number}: not a canonical head 格式错误")
                return
            what = self._head_fault(head, entries)
            if what:
                self._found.fault(HEADS, f"line {number}: {what}", head.get("seq"))
                return
            last = max(last, head["seq"])
            self.heads += 1
        if last != len(entries):
            self._found.fault(HEADS, f"no signed head covers entry {len(entries)} 最后的事件没有签名", len(entries))

    def _head_fault(self, head: dict[str, Any], entries: list[dict[str, Any]]) -> str | None:
        seq = head.get("seq")
        if not isinstance(seq, int) or not 1 <= seq <= len(entries):
            return "head of an entry that is not in the log 签名指向不存在的事件"
        if head.get("session") != self.session or head.get("hash") != entries[seq - 1]["hash"]:
            return "head of another log 签名与事件日志不符"
        if head.get("key") != self._fingerprint:
            return "signed by another key 由其他密钥签名"
        try:
            signature = bytes.fromhex(head.get("signature", ""))
        except (TypeError, ValueError):
            signature = b""
        if not ed25519_verify(self._public or b"", signature, canonical_without(head, "signature")):
            return "signature is not valid 签名无效"
        return None

    def _check_ranges(self, entries: list[dict[str, Any]]) -> None:
        sealed: dict[Any, list[tuple[Any, int, dict[str, Any]]]] = {}
        for entry in entries:
            event = entry.get("event")
            if isinstance(event, dict) and event.get("type") == "recording.range":
                sealed.setdefault(event.get("file"), []).append((event.get("first_byte"), entry["seq"], event))
        for name, items in sorted(sealed.items(), key=lambda item: str(item[0])):
            path = f"{TRACKS}{name}"
            if path not in self._found.package.files:
                self._found.fault(
                    path, "missing, though the log sealed parts of it 事件日志中有记录但文件缺失", items[0][1]
                )
                continue
            with self._found.package.open(path) as file:
                end = 0
                for first, seq, event in sorted(items, key=lambda item: item[:2]):
                    if not self._range_matches(file, event):
                        what = "bytes %s..%s are not what was sealed while recording 与录制时的封存值不符"
                        self._found.fault(path, what % (first, event.get("end_byte")), seq)
                        break
                    end = event["end_byte"]
                    self.ranges += 1
            rest = self._found.package.files[path] - end
            if rest > 0:
                self._found.notes.append(
                    f"{path}: {rest} bytes after the last sealed range are vouched for by the manifest only"
                )

    @staticmethod
    def _range_matches(file: IO[bytes], event: dict[str, Any]) -> bool:
        first, end = event.get("first_byte"), event.get("end_byte")
        if not (isinstance(first, int) and isinstance(end, int) and 0 <= first <= end):
            return False
        digest = hashlib.sha512()
        file.seek(first)
        left = end - first
        while left > 0:
            chunk = file.read(min(left, CHUNK_BYTES))
            if not chunk:
                return False
            digest.update(chunk)
            left -= len(chunk)
        return digest.hexdigest() == event.get("sha512")
