"""Exhibits: each file is what the log says was handed in, and there is no file that the log does not know."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from records.verify.findings import Findings
from records.verify.names import CHUNK_BYTES, EVENTS, EXHIBITS, EXHIBITS_CSV, UNREADABLE
from records.verify.reading import is_number

MOST_NAMED = 5


class ExhibitCheck:
    """`exhibits` counts those whose file is what was handed in. An edition knows of those only that it may show."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self.exhibits = 0

    def run(self, entries: Sequence[dict[str, Any]]) -> None:
        """Every file against its event, and the table against both."""
        # Number, name, source, purpose, file, SHA-256 and SM3 of each, as the table has them.
        known: dict[str, tuple[str, ...]] = {}
        for entry in entries:
            event = entry.get("event", {})
            if event.get("type") != "exhibit.submitted":
                continue
            number, kind, sha256 = event.get("number"), event.get("kind"), event.get("sha256")
            if not is_number(number) or not re.match(r"[a-z0-9]{2,5}\Z", str(kind)) or not isinstance(sha256, str):
                self._found.fault(EVENTS, f"第{entry['seq']}号事件不是证据 / not an exhibit", entry["seq"])
                continue
            path = f"{EXHIBITS}{number:04d}.{kind}"
            told = (_cell(event.get(name)) for name in ("name", "source", "purpose"))
            known[path] = (str(number), *told, path, sha256, str(event.get("sm3")))
            self._check_file(path, sha256, entry["seq"])
        for path in self._found.package.files:
            if path.startswith(EXHIBITS) and path not in known:
                self._found.fault(path, "事件日志中没有这份证据 / the log knows of no such exhibit")
        if known:
            self._check_table(sorted(known.values()))

    def _check_file(self, path: str, sha256: str, seq: int) -> None:
        if path not in self._found.package.files:
            self._found.fault(path, "事件日志中有此证据但文件缺失 / missing, though the log has this exhibit", seq)
            return
        digest = hashlib.sha256()
        try:
            with self._found.package.open(path) as file:
                for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
                    digest.update(chunk)
        except UNREADABLE as error:
            if path not in self._found.named:
                self._found.fault(path, f"无法读取 / unreadable: {error}")
            return
        if digest.hexdigest() == sha256:
            self.exhibits += 1
        else:
            self._found.fault(path, "与提交时的哈希不符 / is not what was handed in", seq)

    def _check_table(self, known: Sequence[tuple[str, ...]]) -> None:
        data = self._found.read(EXHIBITS_CSV)
        if data is None:
            return
        try:
            rows = list(csv.reader(data.decode("utf-8-sig").splitlines(True)))[1:]
            told = sorted((*row[:4], f"data/{row[5]}", row[6], row[7]) for row in rows)
        except (UnicodeDecodeError, csv.Error, IndexError) as error:
            self._found.fault(EXHIBITS_CSV, f"证据目录格式错误 / not a table of exhibits: {error}")
            return
        if told == known or EXHIBITS_CSV in self._found.named:
            return
        odd = sorted({row[0] for row in {*told} ^ {*known}} or {row[0] for row in told if told.count(row) > 1})
        which = "、".join(odd[:MOST_NAMED])
        self._found.fault(EXHIBITS_CSV, f"证据{which} 与事件日志不符 / not what the log has: exhibits {which}")


def _cell(value: object) -> str:
    """As the table has it: no spreadsheet takes it for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
