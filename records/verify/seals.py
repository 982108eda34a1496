"""The two seals: the final one stands on the media seal, and after it nothing but additions follows in the log.

Also the presiding judge's signatures under the statements on incidents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from records.verify.findings import Findings
from records.verify.names import EVENTS
from records.verify.p256 import p256_signed

_INFO = "bag-info.txt"
_AFTER_THE_SEAL = {
    *("seal.made", "stamp.made", "stamp.missed", "record.supplement", "package.made", "participant.presence"),
    *("server.restarted", "clock.anchored", "invitation.revoked"),
}


class SealCheck:
    """`info` is what the bag says of itself. `seal` is `media`, `final` or empty."""

    def __init__(self, found: Findings, info: dict[str, str]) -> None:
        self._found = found
        self._info = info
        self.seal = info.get("Yunting-Seal", "")

    def run(self, entries: Sequence[dict[str, Any]]) -> None:
        """Everything that the log says of seals and incidents."""
        self._check_incidents(entries)
        sealed_at = self._check_additions(entries)
        if self.seal not in ("", "media", "final"):
            self._found.fault(_INFO, f"未知的封存阶段 / an unknown seal: {self.seal}")
        if self.seal != "final":
            return
        if sealed_at is None:
            self._found.fault(_INFO, "日志中没有最终封存 / the log was not sealed for good")
        before = self._info.get("Yunting-Media-Seal", "")
        ordered = [event for _, event in _events(entries, "seal.ordered")]
        if not ordered or ordered[-1].get("media_manifest_sha512") != before:
            self._found.fault(_INFO, "与日志中的封存命令不符 / the media seal is not the one that the order names")
        made = [event for _, event in _events(entries, "seal.made")]
        if not any(e.get("step") == "media" and e.get("manifest_sha512") == before for e in made):
            self._found.fault(_INFO, "日志中没有该媒体封存 / the log does not tell of this media seal")

    def _check_additions(self, entries: Sequence[dict[str, Any]]) -> int | None:
        """The place of the final seal in the log; names the first entry after it that is no addition."""
        sealed_at = None
        for place, entry in enumerate(entries):
            event = entry.get("event", {})
            kind, after = str(event.get("type", "")), event.get("after")
            if kind == "session.state":
                if sealed_at is not None:
                    self._blame(entry, "最终封存后状态改变 / the state changes after the final seal")
                    return sealed_at
                sealed_at = place if after == "sealed" else None
            elif sealed_at is not None and kind and not _is_addition(kind, place - sealed_at):
                self._blame(entry, f"最终封存后不应有此事件 / follows the final seal and is no addition: {kind}")
                return sealed_at
        return sealed_at

    def _check_incidents(self, entries: Sequence[dict[str, Any]]) -> None:
        statements: dict[str, str] = {}
        for entry in entries:
            event = entry.get("event", {})
            if entry.get("masked"):
                continue
            incident = repr(event.get("incident"))
            if event.get("type") == "incident.explained":
                text = str(event.get("text", "")).encode("utf-8", "surrogatepass")
                statements[incident] = hashlib.sha256(text).hexdigest()
            elif event.get("type") == "incident.signed":
                fields = ("incident", "participant", "signed_utc_ms", "statement_sha256")
                if not p256_signed(str(entry["session"]), event, fields):
                    self._blame(entry, "异常说明的签名无效 / the signature under the statement is not valid")
                elif incident in statements and statements[incident] != event["statement_sha256"]:
                    self._blame(entry, "所签不是该异常说明 / signs another statement than the one before it")

    def _blame(self, entry: dict[str, Any], what: str) -> None:
        self._found.fault(EVENTS, f"第{entry['seq']}号事件：{what}", entry["seq"])


def _is_addition(kind: str, after_the_seal: int) -> bool:
    if kind == "seal.ordered":
        return after_the_seal == 1
    return kind in _AFTER_THE_SEAL or kind.startswith(("identity.", "supervision."))


def _events(entries: Sequence[dict[str, Any]], kind: str) -> list[tuple[int, dict[str, Any]]]:
    return [(at, entry["event"]) for at, entry in enumerate(entries) if entry.get("event", {}).get("type") == kind]
