"""RFC 3161 time stamps: whether they stamp what lies here. The authority's own signature needs its certificate and is
left to `openssl ts -verify`; what it says is the time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from records.standalone.stamp import imprint_of
from records.verify.findings import Findings
from records.verify.names import HEADS, STAMP_FILE, STAMPS, TAG_MANIFESTS


class StampCheck:
    """`stamps` counts those that are of this record."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self.stamps = 0

    def check_package(self, wanted: str | None) -> None:
        """The stamp over the tag manifest, made after the court signed; `wanted` is who was asked for one."""
        if STAMP_FILE in self._found.package.files:
            text = self._found.read(TAG_MANIFESTS[0]) or b""
            self._check(STAMP_FILE, self._found.read(STAMP_FILE) or b"", [text])
        elif wanted:
            self._found.note(
                STAMP_FILE, f"卷宗包尚无时间戳（{wanted}） / the package has no time stamp yet ({wanted})"
            )

    def check_heads(self, entries: Sequence[dict[str, Any]]) -> None:
        """The stamps over signed heads of the log, each against its head and the event that tells of it."""
        told = {
            (event.get("imprint_sha256"), event.get("token_sha256"))
            for event in (entry.get("event", {}) for entry in entries)
            if event.get("type") == "stamp.made" and event.get("of") == "head" and _are_text(event)
        }
        paths = sorted(path for path in self._found.package.files if path.startswith(STAMPS))
        heads = (self._found.read(HEADS) or b"").split(b"\n") if paths else []
        for path in paths:
            seq = re.match(r"([0-9]{1,18})\.tsr\Z", path[len(STAMPS) :])
            if seq is None:
                self._found.fault(path, "不是时间戳文件 / not a time stamp")
                continue
            data = self._found.read(path) or b""
            number = re.compile(rb'"seq":' + seq.group(1).encode() + rb"[,}]")
            imprint = self._check(path, data, [head for head in heads if number.search(head)])
            if imprint and (imprint, hashlib.sha256(data).hexdigest()) not in told:
                self._found.fault(path, "事件日志中没有此时间戳 / the log does not tell of this stamp")

    def _check(self, path: str, stamp: bytes, texts: Sequence[bytes]) -> str | None:
        """Whether it stamps one of the texts; its imprint, or None and a finding."""
        try:
            imprint, when = imprint_of(stamp)
        except ValueError as error:
            self._found.fault(path, f"不是有效的时间戳 / {error}")
            return None
        if imprint not in [hashlib.sha256(text).digest() for text in texts]:
            self._found.fault(path, "时间戳所指不是本卷宗包的内容 / stamps something else")
            return None
        self.stamps += 1
        self._found.note(path, f"时间戳 {when}，其机构证书请用 openssl ts -verify 核对 / stamped {when}")
        return imprint.hex()


def _are_text(event: dict[str, Any]) -> bool:
    return isinstance(event.get("imprint_sha256"), str) and isinstance(event.get("token_sha256"), str)
