"""The package of an edition on its way: made from a court edition's files, of which it sees only what it may keep.

Tracks are cut into a scratch folder first, and the log redacted; everything else (composite, sound, minutes,
captions, report, player) is then made from these by the same program as the court edition's. So nothing that is
withheld can come in by a file that somebody adds to packages later.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from hearing.access import Restrictions
from hearing.errors import UserError
from hearing.events import Entry, Head
from records import coverage as coverages
from records import timeline, verify
from records.chain import sign_head
from records.composite.render import Job, Rendered
from records.editions.derivation import PATH, CourtFiles, EntryCounts, derive, write_derivation
from records.editions.moments import owners_of, told_heads
from records.editions.redaction import Redacted, redact
from records.editions.withheld import Edition, withheld
from records.file_names import safe_name
from records.keys import CourtKey
from records.media.track_cut import MARGIN_MS, cut_track
from records.package.build import (
    COMPOSITE,
    MIX,
    SEATS,
    Build,
    ExportOptions,
    Progress,
    SessionSources,
    folder_name,
    now_ms,
)
from records.package.exhibit_files import path_of, register_of
from records.timeline import RecordedTrack, Span, Timeline

T = TypeVar("T")

NAMES = {
    Edition.COURT: "法院版（并案中本案部分）",
    Edition.PARTY: "当事人版，依法不公开的内容已隐去",
    Edition.PUBLIC: "公众版，依法不公开的内容已隐去",
}


class EditionBuild(Build):
    """See `Build`. `court` is the folder of the court edition, which the caller has verified."""

    def __init__(
        self,
        court: Path,
        out_dir: Path,
        key: CourtKey,
        options: ExportOptions,
        progress: Progress,
        edition: Edition,
        case_no: str | None,
    ) -> None:
        self._court = court
        self._files = CourtFiles(court)
        self._entries = _decoded(court / verify.EVENTS, Entry)
        heads = _decoded(court / verify.HEADS, Head)
        self._all = timeline.read(self._entries)
        self._known = Restrictions(self._entries)
        self._away = withheld(self._all, self._known, edition, case_no)
        self._redacted = self._redact(frozenset(), frozenset())
        self._visible = timeline.read(self._redacted.visible)
        self._cut: dict[str, tuple[Span, ...]] = {}
        self._silenced: dict[str, tuple[Span, ...]] = {}
        self.edition = edition.value
        self.edition_zh = NAMES[edition] if edition is not Edition.COURT or self._away.spans else ""
        name = options.name or safe_name(f"{edition}_{folder_name(self._visible, options.look.time_zone)}")
        self._scratch = out_dir / f".{name}.cut"
        sources = SessionSources(self._redacted.visible, heads, self._scratch)
        super().__init__(sources, out_dir, key, replace(options, name=name), progress)
        # How much was recorded does not change with who reads of it.
        self.coverage = self._told(coverages.measure(self._all))

    @property
    def renders(self) -> bool:
        """See `Build`: whether sound and picture are others than in the court edition."""
        redacted = self._redacted
        return bool(self._cut or redacted.text_changed or redacted.picture_changed or self._away.case_no)

    def prepare(self) -> None:
        """See `Build`; cuts the tracks first."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        gone = frozenset(track.track for track in self._all.tracks if not self._cut_one(track))
        unlike = frozenset(
            track.track
            for track in self._all.tracks
            if track.file in self._cut or self._away.edition is Edition.PUBLIC
        )
        if gone or unlike:
            self._redacted = self._redact(gone, unlike)
            self.sources = replace(self.sources, entries=self._redacted.visible)
        self._link_exhibits()
        self._visible = timeline.read(self._redacted.visible)
        self.timeline = self._project()
        lines = (msgspec.json.encode(entry) + b"\n" for entry in self._redacted.visible)
        (self._scratch / "visible.jsonl").write_bytes(b"".join(lines))
        self.options = replace(self.options, composite=COMPOSITE in self._files.digests)
        super().prepare()

    def job(self) -> Job:
        """See `Build`."""
        return msgspec.structs.replace(
            super().job(),
            events=str(self._scratch / "visible.jsonl"),
            withheld=tuple((span.from_ms, span.to_ms) for span in self._away.spans),
            cut=True,
            # The public gets no single person's sound.
            seats=str(self.staging / SEATS) if self.timeline.tracks else None,
        )

    def reuse(self) -> Rendered:
        """See `Build`: the court edition's own files."""
        seats = [path for path in self._files.digests if path.startswith(f"{SEATS}/")] if self.timeline.tracks else []
        for path in (MIX, COMPOSITE, *seats):
            if path in self._files.digests:
                (self.staging / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._court / path, self.staging / path)
        return Rendered()

    def clear(self) -> None:
        """See `Build`."""
        super().clear()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _project(self) -> Timeline:
        # The public gets the court's picture and sound, no single person's.
        line = replace(self._visible, tracks=()) if self._away.edition is Edition.PUBLIC else self._visible
        return timeline.withhold(line, self._away.spans)

    def _log(self) -> bytes:
        return b"".join(self._redacted.lines)

    def _signed_heads(self) -> list[Head]:
        heads = [head for head in self.sources.heads if head.key == self.key.fingerprint]
        heads = told_heads(heads, self._entries, self._away.spans)
        last = self._entries[-1]
        return heads if heads and heads[-1].seq == last.seq else [*heads, sign_head(last, now_ms(), self.key)]

    def _info(self) -> dict[str, str]:
        info = {"Yunting-Derived-From": self._files.manifest_sha512}
        return {**info, "Yunting-Case": self._away.case_no} if self._away.case_no else info

    def _as_recorded(self, path: str) -> bool:
        return path.removeprefix(verify.TRACKS) not in self._cut

    def _last(self) -> None:
        self._check_paths()
        ranges = {f"{verify.TRACKS}{file}": spans for file, spans in self._cut.items()}
        silent = {f"{verify.TRACKS}{file}": spans for file, spans in self._silenced.items()}
        # Who of the persons in them is missing when, the log says.
        made = (MIX, COMPOSITE, *(path for path in self.bag.digests if path.startswith(f"{SEATS}/")))
        ranges |= dict.fromkeys(made, self._away.spans)
        silent |= dict.fromkeys(made, self._redacted.silent)
        payload = {path: d["sha512"] for path, d in self.bag.digests.items() if path.startswith("data/")}
        statement = derive(
            self._files,
            payload,
            edition=self.edition,
            case=self._away.case_no,
            ranges=ranges,
            silent=silent,
            nameable=frozenset(f"{verify.TRACKS}{track.file}" for track in self._visible.tracks),
            entries=EntryCounts(
                whole=self._redacted.whole, masked=self._redacted.masked, withheld=self._redacted.withheld
            ),
            margin_ms=MARGIN_MS,
        )
        self.bag.add(PATH, write_derivation(statement))

    def _check_paths(self) -> None:
        """No name of a person who is withheld stands in a path either."""
        for path in self.bag.digests:
            if any(
                seat.name and seat.name in path for seat in self._all.seats.values() if self._hides(seat.participant)
            ):
                raise UserError(
                    "record-broken", f"文件名含有应隐去的姓名：{path}", f"a withheld name in a path: {path}"
                )

    def _hides(self, participant: str) -> bool:
        return participant in self._away.people

    def _told(self, coverage: coverages.Coverage) -> coverages.Coverage:
        """Without the holes that nobody explained within what is withheld."""
        owners = owners_of(self._entries)
        holes = [
            hole
            for hole in coverage.unlisted
            if not self._away.covers(owners.get(hole.track or ""), hole.span.from_ms, hole.span.to_ms)
        ]
        return replace(coverage, unlisted=tuple(holes))

    def _redact(self, gone: frozenset[str], unlike: frozenset[str]) -> Redacted:
        return redact(self._entries, self._away, gone, self._known.cases, unlike)

    def _link_exhibits(self) -> None:
        """Those that the edition may have lie in the scratch folder under the log's names."""
        for each in register_of(self._redacted.visible).items.values():
            target = self._scratch / each.submitted.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to((self._court / path_of(each)).resolve())

    def _cut_one(self, track: RecordedTrack) -> bool:
        """The track in the scratch folder as the edition may have it; False when nothing of it is left."""
        source, target = self._court / f"{verify.TRACKS}{track.file}", self._scratch / track.file
        target.parent.mkdir(parents=True, exist_ok=True)
        hidden = _within(self._away.of(track.participant), track.span)
        silent = _within(self._redacted.silent, track.span)
        if not hidden and not silent:
            target.symlink_to(source.resolve())
            return True
        self._cut[track.file], self._silenced[track.file] = hidden, silent
        return cut_track(source, target, hidden, silent)


def _within(spans: tuple[Span, ...], whole: Span) -> tuple[Span, ...]:
    return tuple(s for s in spans if s.from_ms - MARGIN_MS < whole.to_ms and whole.from_ms < s.to_ms + MARGIN_MS)


def _decoded(path: Path, kind: type[T]) -> list[T]:
    decode = msgspec.json.Decoder(kind).decode
    return [decode(line) for line in path.read_bytes().splitlines()]
