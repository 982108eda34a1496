"""What people signed: the text of the minutes as it stood then, with their picture, by the key of their device."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from records.verify.edition import Edition
from records.verify.findings import Findings
from records.verify.lines import fold_lines, names_of
from records.verify.names import EVENTS, SIGNATURES, TRANSCRIPT_TXT
from records.verify.p256 import p256_signed
from records.verify.texts import unsaid_line

_STATED = ("image_sha256", "minutes_sha256", "participant", "signed_utc_ms", "verdict")
_SHOWN = (*_STATED, "public_key", "signature")


class SignedCheck:
    """`signatures` counts the people whose newest signature stands."""

    def __init__(self, found: Findings, edition: Edition) -> None:
        self._found = found
        self._edition = edition
        self._checked: set[str] = set()
        self.signatures = 0

    def run(self, entries: Sequence[dict[str, Any]]) -> None:
        """Each signature against the log; the newest of each person against text and picture too."""
        newest: dict[str, tuple[int, dict[str, Any], bool]] = {}
        for place, entry in enumerate(entries):
            event = entry.get("event", {})
            if event.get("type") == "review.signed" and not entry.get("masked"):
                stands = p256_signed(str(entry["session"]), event, _STATED)
                if not stands:
                    who = names_of(entries).get(str(event.get("participant")), event.get("participant"))
                    zh = f"第{entry['seq']}号事件：{who}的笔录签名无效"
                    self._found.fault(EVENTS, f"{zh} / the signature of {who} is not valid", entry["seq"])
                newest[str(event.get("participant"))] = (place, event, stands)
        if self._edition.derived:
            # What people signed is the whole text, which an edition may not show.
            self.signatures = sum(stands for _, _, stands in newest.values())
            return
        for participant, (place, event, stands) in newest.items():
            faults = len(self._found.wrong)
            self._check_files(participant, event, entries[: place + 1])
            self.signatures += stands and len(self._found.wrong) == faults

    def _check_files(self, participant: str, event: dict[str, Any], before: Sequence[dict[str, Any]]) -> None:
        """The person's picture and text in the package."""
        who = names_of(before).get(participant, participant)
        path = f"{SIGNATURES}{participant}.json"
        data = self._found.read(path)
        if data is None:
            return
        try:
            told = json.loads(data.decode("utf-8"))
            differs = [name for name in _SHOWN if told[name] != event.get(name)]
            picture, text = told["picture"], told["minutes"]
            if any(not isinstance(each, (str, type(None))) for each in (picture, text)):
                raise ValueError("picture, minutes")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._blame(path, f"签名说明格式错误 / not the statement of a signature: {error}")
            return
        if differs:
            self._blame(path, f"与事件日志不符 / does not say what the log says: {', '.join(differs)}")
        for file, name, kind in (
            (picture, "image_sha256", ("签名图片", "picture")),
            (text, "minutes_sha256", ("笔录文本", "text")),
        ):
            if file is None:
                self._found.note(path, f"卷宗包内没有该{kind[0]} / the package lacks the {kind[1]}")
            elif self._hash_of(file) not in (None, event.get(name)):
                self._blame(file, f"不是{who}所签的{kind[0]} / not the {kind[1]} that {who} signed")
        if text is not None and text != TRANSCRIPT_TXT:
            self._found.notes.append(f"{text}: {who}签名时的笔录，其后有补正 / what {who} signed, before corrections")
            self._check_text(text, before)

    def _hash_of(self, path: str) -> str | None:
        data = self._found.read(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def _check_text(self, path: str, before: Sequence[dict[str, Any]]) -> None:
        """Whether the text says what the log said when the person signed."""
        if path in self._checked:
            return
        self._checked.add(path)
        try:
            lines = fold_lines([entry["event"] for entry in before])
            unsaid = unsaid_line(self._found.read(path) or b"", lines, names_of(before))
        except (KeyError, TypeError, AttributeError, ValueError):
            return  # the check of the transcript names the event
        if unsaid is not None:
            self._blame(path, f"与签名时的事件日志不符 / does not say what the log said then: line {unsaid}")

    def _blame(self, path: str, what: str) -> None:
        if path not in self._found.named:
            self._found.fault(path, what)
