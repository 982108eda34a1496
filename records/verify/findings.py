"""What is wrong with a package, by file and event, and what is worth knowing and not wrong."""

from __future__ import annotations

from typing import Any

from records.verify.names import UNREADABLE
from records.verify.opened import Archive, Folder


class Findings:
    """`wrong` lists findings, the most telling first; `named` are the files that are already blamed."""

    def __init__(self, package: Folder | Archive) -> None:
        self.package = package
        self.wrong: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.named: set[str] = set()

    def fault(self, path: str, what: str, seq: int | None = None) -> None:
        """One more finding, of an entry of the log where `seq` is given."""
        self.wrong.append({"file": path, "what": what} if seq is None else {"file": path, "what": what, "seq": seq})
        self.named.add(path)

    def read(self, path: str) -> bytes | None:
        """The bytes of a small file, or None (and a finding) when it is not there."""
        if path not in self.package.files:
            if path not in self.named:
                self.fault(path, "missing 文件缺失")
            return None
        try:
            with self.package.open(path) as file:
                return file.read()
        except UNREADABLE as error:
            self.fault(path, f"unreadable 无法读取: {error}")
            return None
