"""What is wrong with a package, by file and event, and what is worth knowing and not wrong."""

from __future__ import annotations

from typing import Any

from records.verify.names import MOST_READ_BYTES, UNREADABLE
from records.verify.opened import Archive, Folder, Nothing


class Findings:
    """`wrong` lists findings, the most telling first; `named` are the files that are already blamed."""

    def __init__(self, package: Folder | Archive | Nothing) -> None:
        self.package = package
        self.wrong: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.named: set[str] = set()

    def fault(self, path: str, what: str, seq: int | None = None) -> None:
        """One more finding, of an entry of the log where `seq` is given. `what` is `中文 / English`."""
        self.wrong.append({"file": path, "what": what} if seq is None else {"file": path, "what": what, "seq": seq})
        self.named.add(path)

    def note(self, path: str, what: str) -> None:
        """Worth knowing of a file, and not wrong; `what` as in `fault`."""
        self.notes.append(f"{path}: {what}")

    def read(self, path: str) -> bytes | None:
        """The bytes of a small file, or None (and a finding) when it is not there."""
        if path not in self.package.files:
            if path not in self.named:
                self.fault(path, "文件缺失 / missing")
            return None
        if self.package.files[path] > MOST_READ_BYTES:
            self.fault(path, "文件过大 / too large to be what it should be")
            return None
        try:
            with self.package.open(path) as file:
                return file.read()
        except UNREADABLE as error:
            self.fault(path, f"无法读取 / unreadable: {error}")
            return None
