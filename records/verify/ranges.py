"""The byte ranges of the track files that the log sealed while the session was recorded."""

from __future__ import annotations

import hashlib
from typing import IO, Any

from records.verify.edition import Edition
from records.verify.findings import Findings
from records.verify.names import CHUNK_BYTES, EVENTS, TRACKS, UNREADABLE
from records.verify.reading import is_number


class RangeCheck:
    """`ranges` counts those that are what was sealed."""

    def __init__(self, found: Findings, edition: Edition) -> None:
        self._found = found
        self._edition = edition
        self.ranges = 0

    def run(self, entries: list[dict[str, Any]]) -> None:
        """Compare every file that the log names with its ranges, those of one file by their first byte."""
        sealed: dict[str, list[tuple[int, int, dict[str, Any]]]] = {}
        for entry in entries:
            event = entry.get("event", {})
            if event.get("type") != "recording.range":
                continue
            name, first, end = event.get("file"), event.get("first_byte"), event.get("end_byte")
            if not isinstance(name, str) or not (is_number(first) and is_number(end) and 0 <= first <= end):
                self._found.fault(EVENTS, f"第{entry['seq']}号事件不是文件区间 / not a range of a file", entry["seq"])
                continue
            sealed.setdefault(name, []).append((first, entry["seq"], event))
        for name, items in sorted(sealed.items()):
            self._check_file(f"{TRACKS}{name}", sorted(items, key=lambda item: item[:2]))

    def _check_file(self, path: str, items: list[tuple[int, int, dict[str, Any]]]) -> None:
        if path in self._edition.partial:
            self._found.note(
                path, "本版有删减，未与录制时的封存值比对 / cut or left out in this edition, not compared"
            )
            return
        if path not in self._found.package.files:
            self._found.fault(
                path, "事件日志中有记录但文件缺失 / missing, though the log sealed parts of it", items[0][1]
            )
            return
        sealed_bytes = end = 0
        try:
            with self._found.package.open(path) as file:
                for first, seq, event in items:
                    if not _matches(file, event):
                        what = "与录制时的封存值不符 / bytes %s..%s are not what was sealed while recording"
                        self._found.fault(path, what % (first, event["end_byte"]), seq)
                        return
                    sealed_bytes += max(0, event["end_byte"] - max(first, end))
                    end = max(end, event["end_byte"])
                    self.ranges += 1
        except UNREADABLE as error:
            if path not in self._found.named:
                self._found.fault(path, f"无法读取 / unreadable: {error}")
            return
        rest = self._found.package.files[path] - sealed_bytes
        if rest > 0:
            zh = f"其中 {rest} 字节不在录制封存区间内，仅由清单保证"
            self._found.note(path, f"{zh} / {rest} bytes outside of sealed ranges, vouched for by the manifest")


def _matches(file: IO[bytes], event: dict[str, Any]) -> bool:
    digest = hashlib.sha512()
    file.seek(event["first_byte"])
    left = event["end_byte"] - event["first_byte"]
    while left > 0:
        chunk = file.read(min(left, CHUNK_BYTES))
        if not chunk:
            return False
        digest.update(chunk)
        left -= len(chunk)
    return bool(digest.hexdigest() == event.get("sha512"))
