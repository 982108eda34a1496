"""One run of all checks over one package."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from records.standalone.canonical import parse_object
from records.verify.bag import BagCheck
from records.verify.edition import COURT, Edition
from records.verify.exhibits import ExhibitCheck
from records.verify.findings import Findings
from records.verify.lines import fold_lines, names_of
from records.verify.log import LogCheck
from records.verify.names import (
    BALLOTS,
    EVENTS,
    TRANSCRIPT_JSON,
    TRANSCRIPT_SRT,
    TRANSCRIPT_TXT,
    TRANSCRIPT_VTT,
)
from records.verify.opened import Archive, DamagedArchive, Folder, Nothing, open_package
from records.verify.ranges import RangeCheck
from records.verify.reading import parse_info
from records.verify.seals import SealCheck
from records.verify.signed import SignedCheck
from records.verify.stamps import StampCheck
from records.verify.texts import text_faults


class Verification:
    """`run` once, then read the attributes. `key` is the fingerprint that the caller expects."""

    def __init__(self, package: Folder | Archive | Nothing, key: str | None = None) -> None:
        self.package = package
        self.found = Findings(package)
        self.bag = BagCheck(self.found, key)
        self.session: str | None = None
        self.edition = COURT
        self.events = self.heads = self.ranges = self.lines = self.signatures = self.stamps = 0
        self.exhibits = 0
        self.seal = ""

    def run(self) -> None:
        """All checks. The package is whole when nothing was found wrong."""
        for path, why in self.package.strange.items():
            self.found.fault(path, why)
        listed = self.bag.run()
        if BALLOTS in listed and EVENTS not in listed:
            self._note_ballots()
        else:
            self._check_log()

    def _note_ballots(self) -> None:
        """The ballot log has a verifier of its own, which counts again; here it is a file like others."""
        first = (self.found.read(BALLOTS) or b"").split(b"\n", 1)[0]
        header = parse_object(first)
        if header is None or not isinstance(header.get("meeting"), str):
            self.found.fault(BALLOTS, "不是表决日志 / not a ballot log")
            return
        self.session = header["meeting"]
        self.found.notes.append(
            "债权人会议卷宗：表决日志另用 verify_ballots.py 重新计票 / "
            "a creditors' meeting: count its ballot log again with verify_ballots.py"
        )

    def _check_log(self) -> None:
        info = parse_info(self.found.read("bag-info.txt"))
        edition, seals, stamps = Edition(self.found, info), SealCheck(self.found, info), StampCheck(self.found)
        stamps.check_package(info.get("Yunting-Time-Stamp"))
        log = LogCheck(self.found, edition, self.bag.public, self.bag.fingerprint)
        ranges = RangeCheck(self.found, edition)
        signed, exhibits = SignedCheck(self.found, edition), ExhibitCheck(self.found)
        entries = log.run()
        self.edition, self.session, self.events, self.heads = edition.name, log.session, log.events, log.heads
        if entries is not None:
            ranges.run(entries)
            signed.run(entries)
            exhibits.run(entries)
            seals.run(entries)
            stamps.check_heads(entries)
            self._check_text(entries)
        self.ranges, self.signatures, self.stamps = ranges.ranges, signed.signatures, stamps.stamps
        self.seal, self.exhibits = seals.seal, exhibits.exhibits

    def _check_text(self, entries: list[dict[str, Any]]) -> None:
        """Whether the transcript's files say what the log says. Packages from before there were any have none."""
        paths = (TRANSCRIPT_TXT, TRANSCRIPT_JSON, TRANSCRIPT_VTT, TRANSCRIPT_SRT)
        if not any(path in self.package.files for path in paths):
            return
        data = {path: self.found.read(path) for path in paths}
        try:
            lines = fold_lines([entry["event"] for entry in entries if isinstance(entry.get("event"), dict)])
            faults = list(text_faults(data, lines, names_of(entries)))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.found.fault(EVENTS, f"无法识别的笔录事件 / an event of the transcript is not understood: {error}")
            return
        for path, fault in faults:
            if path not in self.found.named:
                self.found.fault(path, fault)
        self.lines = sum(line["shown"] for line in lines)


def verify_path(path: str, key: str | None = None) -> dict[str, Any]:
    """Verify the package at `path`; returns the result as a dict (see `--json`). NotAPackage when there is none."""
    started = time.monotonic()
    try:
        run = Verification(open_package(path), key)
        run.run()
    except DamagedArchive as error:
        run = Verification(Nothing(), key)
        run.found.fault(Path(path).name, f"压缩包已损坏 / a damaged zip: {error}")
    return {
        "ok": not run.found.wrong,
        "wrong": run.found.wrong,
        "notes": run.found.notes,
        "session": run.session,
        "edition": run.edition,
        "seal": run.seal,
        "key": run.bag.fingerprint,
        "key_checked": key is not None,
        "manifest_sha512": run.bag.manifest_sha512,
        "files": len(run.package.files),
        "bytes": run.bag.bytes,
        "events": run.events,
        "heads": run.heads,
        "ranges": run.ranges,
        "lines": run.lines,
        "signatures": run.signatures,
        "stamps": run.stamps,
        "exhibits": run.exhibits,
        "seconds": round(time.monotonic() - started, 3),
    }
