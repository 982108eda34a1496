"""Exports that go wrong leave nothing that looks finished, and say why; a bad recording is exported all the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import docx
import msgspec
import pytest

from hearing import events as ev
from hearing.errors import UserError
from hearing.session import Move, State
from hearing.transcript_events import TrackHeard
from records import verify
from records.chain import GENESIS, make_entry
from records.keys import CourtKey
from records.package.export import ExportOptions, SessionSources, export_session, load_sources
from records.sqlite import SqliteStore
from tests.fakes.minutes import said
from tests.fakes.sessions import SMALL, sources_of
from yunting.bench.export import ExportOptions as BenchOptions
from yunting.bench.export import run
from yunting.bench.synthetic import Log, SyntheticSession, make_session

pytestmark = pytest.mark.integration

QUICK = ExportOptions(look=SMALL, composite=False)


@pytest.fixture
def key() -> CourtKey:
    return CourtKey.generate()


@pytest.fixture
def session(tmp_path: Path, key: CourtKey) -> SyntheticSession:
    return make_session(tmp_path / "recordings", key, seats=2, seconds=4, size=(320, 180))


def leftovers(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir()) if folder.exists() else []


async def is_whole(folder: Path, key: str | None = None) -> bool:
    return bool((await asyncio.to_thread(verify.verify_path, str(folder), key))["ok"])


def rewritten(session: SyntheticSession, change: dict[int, ev.AnyEvent]) -> list[ev.Entry]:
    """The log with other events at some seqs, chained anew."""
    entries: list[ev.Entry] = []
    for entry in session.entries:
        entries.append(
            make_entry(
                session=entry.session,
                seq=entry.seq,
                at_ms=entry.at_ms,
                utc_ms=entry.utc_ms,
                actor=entry.actor,
                event=change.get(entry.seq, entry.event),
                prev=entries[-1].hash if entries else GENESIS,
            )
        )
    return entries


async def test_package_has_the_promised_layout(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    seen: list[int] = []
    result = await export_session(
        sources_of(session),
        tmp_path / "out",
        key,
        ExportOptions(look=SMALL),
        lambda permille, _: seen.append(permille),
    )
    assert leftovers(tmp_path / "out") == [result.folder.name]
    assert result.folder.name.startswith("(2026)粤01民初118号_20270101T090000+0800_")
    files = {item.relative_to(result.folder).as_posix() for item in result.folder.rglob("*") if item.is_file()}
    assert files == {
        *("bagit.txt", "bag-info.txt", "manifest-sha512.txt", "manifest-sm3.txt"),
        *("tagmanifest-sha512.txt", "tagmanifest-sm3.txt", "verify.py", "VERIFY.md", "premis.xml"),
        *("signature/manifest.ed25519.sig", "signature/court-key.pem"),
        *("data/session.json", "data/player/index.html", "data/reports/录音录像情况记录.html"),
        *("data/events/events.jsonl", "data/events/heads.jsonl", "data/events/events.csv"),
        *("data/media/composite.mp4", "data/media/audio-mix.m4a", "data/media/segments.jsonl"),
        *("data/media/audio-seats/bench-1.flac", "data/media/audio-seats/plaintiff-1.flac"),
        *(f"data/text/transcript.{ending}" for ending in ("txt", "json", "vtt", "srt")),
        *(f"data/text/笔录.{ending}" for ending in ("docx", "pdf", "ofd")),
        *("data/media/tracks/bench-1_P01_1.mkv", "data/media/tracks/plaintiff-1_P02_1.mkv"),
    }
    assert result.files == len(files)
    assert seen == sorted(seen)
    assert seen[-1] == 1000
    manifest = (result.folder / "manifest-sha512.txt").read_bytes()
    assert result.manifest_sha512 == hashlib.sha512(manifest).hexdigest()
    facts = json.loads((result.folder / "data/session.json").read_bytes())
    assert (facts["coverage"]["ppm"], facts["duration_ms"], facts["key"]) == (1_000_000, 4000, key.fingerprint)
    for track in session.recordings.iterdir():
        assert (result.folder / "data/media/tracks" / track.name).read_bytes() == track.read_bytes()


async def test_what_was_not_transcribed_is_said(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    result = await export_session(sources_of(session), tmp_path / "out", key, QUICK)
    text = json.loads((result.folder / "data/session.json").read_bytes())["text"]
    assert text["complete"] is False
    assert [(each["track"], each["from_ms"]) for each in text["unheard"]] == [
        ("T01", 0),
        ("T02", 0),
    ]
    assert "incomplete" in (result.folder / "bag-info.txt").read_text()


async def test_a_transcript_that_was_heard_to_the_end_is_complete(key: CourtKey, tmp_path: Path) -> None:
    heard: list[tuple[int, ev.AnyEvent, str]] = [
        (3_990, TrackHeard(track=track, participant=who, until_ms=3_990), "server")
        for track, who in (("T01", "P01"), ("T02", "P02"))
    ]
    further = [(2_000, said("没有异议。", 1_000, "P02"), "server"), *heard]
    held = await asyncio.to_thread(
        make_session, tmp_path / "recordings", key, seats=2, seconds=4, size=(320, 180), further=further
    )
    result = await export_session(sources_of(held), tmp_path / "out", key, QUICK)
    folder = result.folder / "data/text"
    txt = (folder / "transcript.txt").read_bytes()
    assert "原告林晓彤：没有异议。" in txt.decode().splitlines()
    text = json.loads((result.folder / "data/session.json").read_bytes())["text"]
    assert (text["complete"], text["draft"], text["lines"]) == (True, True, 1)
    assert text["sha256"] == hashlib.sha256(txt).hexdigest()
    document = await asyncio.to_thread(docx.Document, str(folder / "笔录.docx"))
    assert "".join(f"{block.text}\n" for block in document.paragraphs).encode() == txt


async def test_second_export_into_the_same_place_is_refused(
    session: SyntheticSession, key: CourtKey, tmp_path: Path
) -> None:
    first = await export_session(sources_of(session), tmp_path / "out", key, QUICK)
    with pytest.raises(UserError, match="package-exists"):
        await export_session(sources_of(session), tmp_path / "out", key, QUICK)
    assert await is_whole(first.folder)
    assert leftovers(tmp_path / "out") == [first.folder.name]


async def test_cancelled_export_leaves_nothing(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def export() -> None:
        await export_session(
            sources_of(session),
            tmp_path / "out",
            key,
            ExportOptions(look=SMALL),
            lambda *_: loop.call_soon_threadsafe(started.set),
        )

    task = asyncio.ensure_future(export())
    await asyncio.wait_for(started.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leftovers(tmp_path / "out") == []


async def test_killed_export_is_cleared_by_the_next(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    result = await export_session(sources_of(session), tmp_path / "one", key, QUICK)
    partial = tmp_path / "two" / f".{result.folder.name}.partial"
    (partial / "data/media").mkdir(parents=True)
    (partial / "data/media/composite.mp4").write_bytes(b"half")
    again = await export_session(sources_of(session), tmp_path / "two", key, QUICK)
    assert leftovers(tmp_path / "two") == [again.folder.name]
    assert await is_whole(again.folder)


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from hearing.errors import UserError
from records.composite.encoding import Look
from records.keys import CourtKey
from records.package.export import ExportOptions, SessionSources, export_session
from yunting.bench.synthetic import make_session
folder, composite, limit = Path(sys.argv[1]), sys.argv[2] == "composite", int(sys.argv[3])
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
key = CourtKey.generate()
made = make_session(folder / "recordings", key, seats=2, seconds=4, size=(320, 180))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    options = ExportOptions(look=Look(width=640, height=360, preset="ultrafast"), composite=composite)
    sources = SessionSources(made.entries, made.heads, made.recordings)
    asyncio.run(export_session(sources, folder / "out", key, options))
except UserError as error:
    print(error.code)
"""


@pytest.mark.parametrize(
    ("what", "limit"),
    [("composite", 8_000), pytest.param("composite", 20_000, marks=pytest.mark.long), ("tracks", 20_000)],
)
def test_full_disk_is_told_and_leaves_nothing(tmp_path: Path, what: str, limit: int) -> None:
    """A limit on file size is the disk's limit without a disk: writes fail with EFBIG, at the renderer or here."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), what, str(limit)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == ["disk-full"], done.stderr
    assert leftovers(tmp_path / "out") == []


async def test_folder_that_cannot_be_written_is_named(
    session: SyntheticSession, key: CourtKey, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(UserError, match="out-dir-unwritable"):
        await export_session(sources_of(session), tmp_path / "out", key, QUICK)


async def test_missing_track_is_named(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    (session.recordings / "bench-1_P01_1.mkv").unlink()
    with pytest.raises(UserError, match=r"track-missing.*bench-1_P01_1\.mkv"):
        await export_session(sources_of(session), tmp_path / "out", key, QUICK)


async def test_track_that_was_altered_since_is_named(
    session: SyntheticSession, key: CourtKey, tmp_path: Path
) -> None:
    track = session.recordings / "bench-1_P01_1.mkv"
    data = bytearray(track.read_bytes())
    data[len(data) // 2] ^= 1
    track.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"record-broken.*bench-1_P01_1\.mkv"):
        await export_session(sources_of(session), tmp_path / "out", key, QUICK)
    assert leftovers(tmp_path / "out") == []


async def test_broken_chain_is_named_by_seq(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    entries = list(session.entries)
    entries[4], entries[5] = entries[5], entries[4]
    with pytest.raises(UserError, match=r"record-broken.*entry 5"):
        await export_session(SessionSources(entries, [], session.recordings), tmp_path / "out", key, QUICK)


async def test_path_in_the_log_cannot_lead_out_of_the_folder(
    session: SyntheticSession, key: CourtKey, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("not for the package")
    changed = {
        entry.seq: msgspec.structs.replace(entry.event, file="../secret")
        for entry in session.entries
        if isinstance(entry.event, ev.TrackOpened | ev.RangeSealed | ev.TrackClosed)
    }
    sources = SessionSources(rewritten(session, changed), [], session.recordings)
    with pytest.raises(UserError, match="track-missing"):
        await export_session(sources, tmp_path / "out", key, QUICK)


async def test_session_that_never_opened_has_nothing_to_export(key: CourtKey, tmp_path: Path) -> None:
    log = Log("S1")
    log.add(
        0,
        ev.SessionCreated(
            court="法院",
            case_no="(2026)粤01民初1号",
            hearing_no="1",
            cause="",
            title="",
            public=True,
            scheduled_utc_ms=0,
            seats=(),
        ),
    )
    log.add(0, ev.StateChanged(move=Move.GATHER, before=State.SCHEDULED, after=State.WAITING))
    with pytest.raises(UserError, match="nothing-recorded"):
        await export_session(SessionSources(log.entries, [], tmp_path), tmp_path / "out", key, QUICK)


@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
async def test_damaged_track_is_exported_as_it_is(
    session: SyntheticSession, key: CourtKey, tmp_path: Path, damage: str
) -> None:
    """After a crash a file may end anywhere: the package holds it, the composite shows what can be shown."""
    track = session.recordings / "plaintiff-1_P02_1.mkv"
    whole = track.read_bytes()
    data = {"empty": b"", "cut": whole[: len(whole) // 2], "noise": whole[:3000] + bytes(2000) + whole[5000:]}[damage]
    track.write_bytes(data)
    changed: dict[int, ev.AnyEvent] = {}
    for entry in session.entries:
        if isinstance(entry.event, ev.RangeSealed) and entry.event.file == track.name:
            changed[entry.seq] = msgspec.structs.replace(
                entry.event, first_byte=0, end_byte=len(data), sha512=hashlib.sha512(data).hexdigest()
            )
    sources = SessionSources(rewritten(session, changed), [], session.recordings)
    result = await export_session(sources, tmp_path / "out", key, ExportOptions(look=SMALL))
    assert await is_whole(result.folder)
    assert result.rendered.frames == 100


async def test_export_from_a_store(session: SyntheticSession, key: CourtKey, tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "yunting.db")
    try:
        await store.append(session.entries)
        for head in session.heads:
            await store.add_head(head)
        sources = await load_sources(store, session.session, session.recordings)
        with pytest.raises(UserError, match="no-such-session"):
            await load_sources(store, "unknown", session.recordings)
    finally:
        await store.close()
    result = await export_session(sources, tmp_path / "out", key, QUICK)
    assert await is_whole(result.folder, key.fingerprint)


def test_bench_reports_its_keys() -> None:
    result = msgspec.to_builtins(run(BenchOptions(minutes=0.1, seats=2)))
    assert {"package_s", "bytes", "verify_s", "cpu_s", "rss_mib_max", "cpus", "python", "seconds"} <= result.keys()
    assert result["cpu_s"] > 0
    assert result["coverage_ppm"] == 1_000_000
