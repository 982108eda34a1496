"""One package on its way: its folder filled file by file, sealed, verified and published."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import msgspec

from hearing.errors import UserError
from hearing.events import Entry, Head
from records import coverage as coverages
from records import timeline, verify
from records.canonical import canonical
from records.chain import check_chain, sign_head
from records.composite.encoding import Look
from records.composite.render import Job, Rendered
from records.errors import BrokenChain
from records.file_names import is_safe_path, safe_name
from records.keys import CourtKey
from records.package import premis
from records.package.exhibit_files import exhibit_facts, exhibits_csv, path_of, register_of
from records.package.log_files import events_csv, events_jsonl, segments_jsonl
from records.package.manifest import Bag
from records.package.player import write_player
from records.package.reuse import copy_composed, missing_characters
from records.package.seal_files import Seal, seal_info, stamp_files
from records.package.signature_files import signature_files
from records.package.summary import gather
from records.staging import Staging
from records.vault.unlocked import key_of, recorded_bytes
from records.writing import words
from records.writing.minutes import Proof
from records.writing.report import write_report
from records.writing.text_files import Texts, make_texts

EDITION = "court"
COMPOSITE = "data/media/composite.mp4"
MIX = "data/media/audio-mix.m4a"
SEATS = "data/media/audio-seats"
RENDER_SHARE_PERMILLE = 900
"""Part of the progress bar that rendering takes; hashing and checking share the rest."""

MOST_NAMED = 20
"""Of the holes in the text, in the bag's own words; `session.json` names all."""

Progress = Callable[[int, str], None]
"""Permille done and what is being done: `render`, `seal`, `check`."""


@dataclass(frozen=True, slots=True)
class SessionSources:
    """What a package is made of: the log, its signed heads, the folder that the log's track files lie in, and the one
    of what was composed in advance (None: beside the package, while it is in the making)."""

    entries: Sequence[Entry]
    heads: Sequence[Head]
    recordings: Path
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Of the signatures on the minutes, by their SHA-256."""
    pieces: Path | None = None
    stamps: Mapping[int, bytes] = field(default_factory=dict)
    """Time stamps over signed heads, by the head's seq (`records.package.seal_files`)."""
    composed: Path | None = None
    """A package of this session whose composite and sound these are (`records.package.reuse`)."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`composite` False makes a package of tracks and merged sound only, in seconds."""

    seal: Seal | None = None
    """Which seal this package is; None: an export beside the seals."""

    look: Look = field(default_factory=Look)
    composite: bool = True
    actor: str = "server"
    name: str | None = None
    """Name of the package's folder; by default made of case number, opening time and session."""


def folder_name(line: timeline.Timeline, tz_name: str) -> str:
    """`(2018)粤01破1号_20260101T090000+0800_S0001`: safe on every system."""
    opened = words.local(line.utc_at(0), words.zone(tz_name))
    return safe_name(f"{line.created.case_no}_{opened:%Y%m%dT%H%M%S%z}_{line.session}", fallback=line.session)


class Build:
    """One export on its way; the methods run in worker threads, one after the other."""

    edition = EDITION
    edition_zh = ""
    """Named in the minutes, where they are not the whole ones."""

    def __init__(
        self, sources: SessionSources, out_dir: Path, key: CourtKey, options: ExportOptions, progress: Progress
    ) -> None:
        self.sources, self.key, self.options = sources, key, options
        self.timeline = self._project()
        name = options.name or folder_name(self.timeline, options.look.time_zone)
        self.target = out_dir / safe_name(name)
        self.place = Staging(self.target)
        self.staging = self.place.folder
        self._pieces = out_dir / f".{self.target.name}.pieces"
        self.coverage = coverages.measure(self.timeline)
        self.manifest_sha512 = ""
        self.files = 0
        self.bag = Bag(self.staging)
        self.former_keys = tuple(dict.fromkeys(h.key for h in sources.heads if h.key != key.fingerprint))
        self._progress = progress
        self._hashed_bytes = 0
        self._due_bytes = 1
        self._heads: list[Head] = []
        self._composed = False

    def tell(self, permille: int, what: str) -> None:
        """Progress of the rendering."""
        self._progress(permille * RENDER_SHARE_PERMILLE // 1000, what)

    def prepare(self) -> None:
        """Refuse what cannot be exported; write the log, which the renderer reads."""
        if self.timeline.duration_ms == 0:
            raise UserError(
                "nothing-recorded",
                "该庭次尚未开庭，没有可导出的记录",
                "the session has not been opened: nothing to export",
            )
        self._check_tracks()
        self._due_bytes = 2 * sum(recorded_bytes(self.sources.recordings / t.file) for t in self.timeline.tracks) + 1
        self.place.begin()
        self.bag.add(verify.EVENTS, self._log())
        if (composed := self.sources.composed) is not None:
            self._composed = copy_composed(composed, self.staging, self._made_paths())
        self._heads = self._signed_heads()
        self.bag.add(verify.HEADS, b"".join(canonical(head) + b"\n" for head in self._heads))

    def job(self) -> Job:
        """What the renderer is to do."""
        return Job(
            events=str(self.staging / verify.EVENTS),
            recordings=str(self.sources.recordings),
            key=key_of(self.sources.recordings),
            pieces=str(self.sources.pieces or self._pieces),
            mix=str(self.staging / MIX),
            seats=str(self.staging / SEATS),
            composite=str(self.staging / COMPOSITE) if self.options.composite else None,
            look=self.options.look,
        )

    @property
    def renders(self) -> bool:
        """Whether sound and picture have to be made."""
        return not self._composed

    def reuse(self) -> Rendered:
        """In place of rendering, where `renders` is False."""
        assert self.sources.composed is not None
        return Rendered(missing_characters=missing_characters(self.sources.composed))

    def _made_paths(self) -> tuple[str, ...]:
        return (MIX, SEATS, COMPOSITE) if self.options.composite else (MIX, SEATS)

    def fill(self, rendered: Rendered) -> None:
        """Everything else, and the seal."""
        bag, line, tz = self.bag, self.timeline, words.zone(self.options.look.time_zone)
        bag.progress = self._hashed
        made = [item for item in (self.staging / "data/media").rglob("*") if item.is_file()]
        self._due_bytes += sum(item.stat().st_size for item in made)
        bag.adopt(MIX)
        for item in sorted((self.staging / SEATS).glob("*.flac")):
            bag.adopt(f"{SEATS}/{item.name}")
        if self.options.composite:
            bag.adopt(COMPOSITE)
        for track in line.tracks:
            bag.copy(f"{verify.TRACKS}{track.file}", self.sources.recordings / track.file)
        sizes = {t.file: recorded_bytes(self.sources.recordings / t.file) for t in line.tracks}
        proof = Proof(key=self.key.fingerprint, verifier=verify.sha256())
        exhibits = register_of(self.sources.entries)
        for each in exhibits.items.values():
            bag.copy(path_of(each), self.sources.recordings / each.submitted.file)
        if exhibits.items:
            bag.add(verify.EXHIBITS_CSV, exhibits_csv(exhibits, line))
        texts = make_texts(self.sources.entries, line, tz, edition=self.edition_zh, proof=proof)
        facts = gather(
            line,
            self.coverage,
            self.sources.entries,
            self._heads,
            sizes=sizes,
            time_zone=self.options.look.time_zone,
            made_utc_ms=now_ms(),
            made_by=self.options.actor,
            software=f"yunting {_version()}",
            key=self.key.fingerprint,
            composite="media/composite.mp4" if self.options.composite else None,
            mix="media/audio-mix.m4a",
            missing_characters=rendered.missing_characters,
            text=texts.facts,
            exhibits=exhibit_facts(exhibits, line),
        )
        signed = signature_files(self.sources.entries, self.sources.pictures, tz)
        for path, data in {**texts.files, **signed}.items():
            bag.add(path, data)
        bag.add("data/session.json", msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n")
        bag.add("data/media/segments.jsonl", segments_jsonl(self.sources.entries))
        bag.add("data/events/events.csv", events_csv(self.sources.entries, line, tz))
        keys = (self.key.fingerprint, *self.former_keys)
        report = write_report(line, self.coverage, list(self.sources.entries), tz, keys)
        bag.add("data/reports/录音录像情况记录.html", report)
        sounds = sorted(path for path in bag.digests if path.startswith(f"{SEATS}/"))
        bag.add("data/player/index.html", write_player(facts, texts.record, (*texts.files, *sounds)))
        bag.add("verify.py", verify.source())
        bag.add("VERIFY.md", (Path(__file__).parents[1] / "assets" / "VERIFY.md").read_bytes())
        for path, data in stamp_files(self.sources.stamps, self._heads).items():
            bag.add(path, data)
        self._last()
        bag.add(premis.PATH, self._premis())
        self.manifest_sha512 = bag.seal(
            self.key,
            {
                "Source-Organization": line.created.court,
                "External-Identifier": line.session,
                "External-Description": f"{line.created.case_no} {line.created.hearing_no}",
                "Bagging-Date": f"{words.local(now_ms(), tz):%Y-%m-%d}",
                "Bag-Software-Agent": f"yunting {_version()}",
                "Yunting-Edition": self.edition,
                "Yunting-Transcript": _standing(texts),
                **seal_info(self.options.seal),
                **self._info(),
            },
        )
        self.files = len(bag.digests) + len(verify.TAG_MANIFESTS) + 1

    def _premis(self) -> bytes:
        line = self.timeline
        making = premis.Making(
            session=line.session,
            case_no=line.created.case_no,
            court=line.created.court,
            edition=self.edition,
            seal=self.options.seal.step if self.options.seal is not None else "",
            actor=self.options.actor,
            software=f"yunting {_version()}",
            key=self.key.fingerprint,
            opened_utc_ms=line.utc_at(0),
            closed_utc_ms=line.utc_at(line.duration_ms),
            made_utc_ms=now_ms(),
            tracks=frozenset(p for p in self.bag.digests if p.startswith(verify.TRACKS) and self._as_recorded(p)),
        )
        payload = {path: digests for path, digests in self.bag.digests.items() if path.startswith("data/")}
        return premis.write_premis(
            making,
            (premis.Stored(path, (self.staging / path).stat().st_size, each) for path, each in payload.items()),
        )

    def check(self) -> None:
        """Nothing leaves the house that its own verifier refuses."""
        self._progress(990, "check")
        result = verify.verify_path(str(self.staging), self.key.fingerprint)
        if not result["ok"]:
            first = result["wrong"][0]
            raise UserError(
                "record-broken",
                f"记录与录制时的封存值不符：{first['file']}（{first['what']}）",
                f"the record is not what was sealed while recording: {first['file']} ({first['what']})",
            )

    def publish(self) -> None:
        """See `Staging`."""
        self.place.publish()
        self._progress(1000, "done")

    def clear(self) -> None:
        """See `Staging`."""
        self.place.clear()
        shutil.rmtree(self._pieces, ignore_errors=True)

    def _project(self) -> timeline.Timeline:
        """The timeline of a log whose chain holds. UserError `record-broken` otherwise."""
        return _project(self.sources.entries)

    def _log(self) -> bytes:
        """The log's file."""
        return events_jsonl(self.sources.entries)

    def _signed_heads(self) -> list[Head]:
        """Heads of the court's key, the last of them on the last entry."""
        heads = [head for head in self.sources.heads if head.key == self.key.fingerprint]
        last = self.sources.entries[-1]
        return heads if heads and heads[-1].seq == last.seq else [*heads, sign_head(last, now_ms(), self.key)]

    def _info(self) -> dict[str, str]:
        """More lines for `bag-info.txt`."""
        return {}

    def _as_recorded(self, path: str) -> bool:
        """Whether the track file at this path is what the log sealed."""
        return True

    def _last(self) -> None:
        """What is written last before the seal, of all other files."""

    def _check_tracks(self) -> None:
        for track in self.timeline.tracks:
            if not is_safe_path(track.file) or not (self.sources.recordings / track.file).is_file():
                raise UserError(
                    "track-missing", f"缺少轨道文件 {track.file}", f"the track file {track.file} is missing"
                )
        for each in register_of(self.sources.entries).items.values():
            file = each.submitted.file
            if not is_safe_path(file) or not (self.sources.recordings / file).is_file():
                raise UserError(
                    "exhibit-missing",
                    f"缺少证据{each.number}的文件",
                    f"the file of exhibit {each.number} is missing",
                )

    def _hashed(self, count: int) -> None:
        self._hashed_bytes += count
        rest = 990 - RENDER_SHARE_PERMILLE
        self._progress(RENDER_SHARE_PERMILLE + min(rest, rest * self._hashed_bytes // self._due_bytes), "seal")


def _standing(texts: Texts) -> str:
    """What the bag says of the text: whether all that was said is in it."""
    facts = texts.facts
    holes = [f"{each.track} {words.clock(each.from_ms)}-{words.clock(each.to_ms)}" for each in facts.unheard]
    if len(holes) > MOST_NAMED:
        holes = [*holes[:MOST_NAMED], "…"]
    absent = [each.file for each in facts.missing]
    said = "complete 完整" if facts.complete else f"incomplete 不完整, not transcribed 未转写: {', '.join(holes)}"
    return said + (f"; not made 未生成: {', '.join(absent)}" if absent else "")


def _project(entries: Sequence[Entry]) -> timeline.Timeline:
    """The timeline of a log whose chain holds. UserError `record-broken` otherwise."""
    try:
        check_chain(entries[0].session if entries else "", entries)
        return timeline.read(entries)
    except (BrokenChain, ValueError) as error:
        raise UserError("record-broken", f"事件日志已损坏：{error}", f"the event log is broken: {error}") from error


def now_ms() -> int:
    """Of the wall clock."""
    return time.time_ns() // 1_000_000


def _version() -> str:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version("yunting")
    return "0"
