"""What is composed while the session goes on is what would be composed afterwards, byte by byte, whatever happens on
the way; and what arrives late makes only what it touches anew."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from hearing import events as ev
from hearing.events import Entry
from hearing.transcript_events import LineEdited
from records.composite.composing import Composer
from records.composite.painter import Look
from records.composite.render import Job, Rendered, Report, run
from records.keys import CourtKey
from records.media.tracks import SAMPLES_PER_MS
from tests.fakes.minutes import said
from tests.fakes.pdfs import coloured_pdf
from tests.fakes.shown_exhibit import keep_exhibit, shown_exhibit
from yunting.bench.synthetic import BEEP_MS, PHASE_MS, SyntheticSession, make_session

pytestmark = pytest.mark.integration

TINY = Look(width=320, height=240, fps=5, preset="ultrafast")
SECONDS = 52
RECESS = (20_000, 30_000)
SAID: tuple[tuple[int, ev.AnyEvent, str], ...] = (
    (1_500, said("现在开庭，核对身份。", 300, "P01"), "server"),
    (18_000, said("对身份没有易议。", 14_400, "P02"), "server"),
    (33_000, said("请继续。", 32_400, "P01"), "server"),
)
PDF = coloured_pdf((0, 0, 255))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> SyntheticSession:
    folder = tmp_path_factory.mktemp("held")
    keep_exhibit(folder / "recordings", PDF)
    return make_session(
        folder / "recordings",
        CourtKey.generate(),
        seats=2,
        seconds=SECONDS,
        recess=RECESS,
        size=(160, 90),
        further=(*SAID, *shown_exhibit(12_000, 20_000, PDF, "pdf")),
    )


def composer(folder: Path, held: SyntheticSession) -> Composer:
    return Composer(folder / "pieces", held.recordings, TINY)


def finished(
    folder: Path, held: SyntheticSession, entries: Sequence[Entry] | None = None, workers: int = 1
) -> Rendered:
    """Make what is missing and join it to `folder`'s composite, mix and seats."""
    folder.mkdir(exist_ok=True)
    log = folder / "events.jsonl"
    log.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries or held.entries))
    job = Job(
        events=str(log),
        recordings=str(held.recordings),
        pieces=str(folder / "pieces"),
        mix=str(folder / "out.m4a"),
        seats=str(folder / "seats"),
        composite=str(folder / "out.mp4"),
        look=TINY,
        workers=workers,
    )
    reports: list[Report] = []
    run(job, reports.append)
    assert reports[-1].done is not None
    return reports[-1].done


def hashes(folder: Path) -> dict[str, str]:
    files = [folder / "out.mp4", folder / "out.m4a", *sorted((folder / "seats").iterdir())]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def pieces(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def undisturbed(held: SyntheticSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = finished(folder, held)
    assert (done.pieces, done.pictures_made) == (4, 4)
    return folder


def test_composed_on_the_way_is_what_is_composed_afterwards(
    held: SyntheticSession, undisturbed: Path, tmp_path: Path
) -> None:
    live = composer(tmp_path, held)
    made = 0
    for entry in held.entries:
        live.take(entry)
        if live.timeline.finished if entry.seq > 1 else False:
            break
        ready = live.settled() if entry.seq > 1 else 0
        if ready > made:
            list(live.make_sounds(ready))
            list(live.make_levels(live.gain_db, final=False))
            for number in range(made, ready):
                live.make_picture(number)
            made = ready
    live.close()
    assert made >= 2
    done = finished(tmp_path, held)
    assert done.pictures_made <= 4 - made, "what was made on the way is used"
    assert hashes(tmp_path) == hashes(undisturbed)


def test_the_page_of_a_pdf_stands_in_both_pieces_that_it_was_shown_in(undisturbed: Path) -> None:
    blue = {}
    with av.open(str(undisturbed / "out.mp4")) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            red, _, last = frame.to_ndarray(format="rgb24")[100, 100]
            blue[round(frame.time * 1000)] = int(last) - int(red) > 150
    assert {at_ms for at_ms, shown in blue.items() if shown} == set(range(12_000, 20_000, 200))


@pytest.mark.long
def test_several_processes_make_the_same(held: SyntheticSession, undisturbed: Path, tmp_path: Path) -> None:
    finished(tmp_path, held, workers=2)
    assert hashes(tmp_path) == hashes(undisturbed)


def test_pieces_that_are_there_are_not_made_again(held: SyntheticSession, tmp_path: Path, undisturbed: Path) -> None:
    finished(tmp_path, held)
    before = pieces(tmp_path / "pieces")
    assert finished(tmp_path, held).pictures_made == 0
    assert pieces(tmp_path / "pieces") == before
    assert hashes(tmp_path) == hashes(undisturbed)


@pytest.mark.long
def test_pieces_that_were_damaged_or_lost_are_made_again(
    held: SyntheticSession, undisturbed: Path, tmp_path: Path
) -> None:
    finished(tmp_path, held)
    for kind in ("sound", "heard", "level", "picture"):
        found = sorted((tmp_path / "pieces").rglob(f"*.{kind}"))
        data = bytearray(found[1].read_bytes())
        data[-3] ^= 1
        found[1].write_bytes(bytes(data))
        found[2].unlink()
        found[0].write_bytes(found[0].read_bytes()[:-1])
    finished(tmp_path, held)
    assert hashes(tmp_path) == hashes(undisturbed)


def test_a_caption_corrected_late_makes_its_own_pieces_anew(
    held: SyntheticSession, undisturbed: Path, tmp_path: Path
) -> None:
    finished(tmp_path, held)
    before = pieces(tmp_path / "pieces")
    closing = held.entries[-1]
    corrected = LineEdited(line="P02@14400", revision=1, text="对身份没有异议。")

    def log(at: int) -> list[Entry]:
        late = msgspec.structs.replace(held.entries[at], event=corrected, actor="P05")
        later = held.entries[at:]
        entries = [*held.entries[:at], late, *later]
        return [msgspec.structs.replace(entry, seq=number) for number, entry in enumerate(entries, 1)]

    done = finished(tmp_path, held, log(len(held.entries) - 1))
    after = pieces(tmp_path / "pieces")
    assert done.pictures_made == 1, "it was said, and is shown, in the first piece"
    assert {name.rpartition(".")[2] for name in before if before[name] != after[name]} == {"picture"}
    assert isinstance(closing.event, ev.StateChanged)
    afterwards = [*held.entries, msgspec.structs.replace(closing, seq=closing.seq + 1, event=corrected)]
    finished(tmp_path, held, afterwards)
    assert hashes(tmp_path) == hashes(undisturbed), "what is corrected after the closing is not burned in"


def test_seats_have_their_own_sound_at_its_time_and_silence_elsewhere(undisturbed: Path) -> None:
    files = sorted((undisturbed / "seats").iterdir())
    assert [file.name for file in files] == ["bench-1.flac", "plaintiff-1.flac"]
    for file in files:
        with av.open(str(file)) as container:
            parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
        samples = np.concatenate(parts).astype(np.float32) / 32767
        assert len(samples) == SECONDS * 1000 * SAMPLES_PER_MS
        recess = samples[(RECESS[0] + 100) * SAMPLES_PER_MS : RECESS[1] * SAMPLES_PER_MS]
        assert not recess.any()
        for second in [*range(20), *range(30, SECONDS)]:
            start = (second * 1000 + PHASE_MS) * SAMPLES_PER_MS
            loud = np.abs(samples[start - 4_800 : start + 4_800]) > 0.1
            assert abs(int(np.flatnonzero(loud)[0]) - 4_800) <= 2 * SAMPLES_PER_MS
            assert np.abs(samples[start : start + BEEP_MS * SAMPLES_PER_MS]).max() > 0.2


def test_chapters_are_the_phases_and_the_recess(undisturbed: Path) -> None:
    with av.open(str(undisturbed / "out.mp4")) as container:
        chapters = [
            (each["start"] * each["time_base"] * 1000, each["metadata"]["title"]) for each in container.chapters()
        ]
    # The debate was called during the recess and begins after it.
    assert chapters == [(0, "宣布开庭"), (13_000, "法庭调查"), (20_000, "休庭"), (30_000, "法庭辩论")]


def test_pictures_are_as_many_as_due_and_stand_at_their_time(undisturbed: Path) -> None:
    with av.open(str(undisturbed / "out.mp4")) as container:
        times = [round(frame.time * 1000) for frame in container.decode(video=0) if frame.time is not None]
    recorded = [*range(0, 20_000, 200), *range(30_000, 52_000, 200)]
    assert times == sorted([*recorded, 20_000, 21_000, 22_000, 23_000, 28_000])


def test_a_player_may_begin_every_few_seconds(undisturbed: Path) -> None:
    with av.open(str(undisturbed / "out.mp4")) as container:
        keys = [p.pts * p.time_base * 1000 for p in container.demux(video=0) if p.is_keyframe and p.pts is not None]  # type: ignore[operator]
        for at_ms in (0, 7_300, 21_500, 27_000, 29_999, 30_001, 51_900):
            container.seek(at_ms * 1000)
            frame = next(container.decode(video=0))
            assert frame.time is not None
            assert 0 <= at_ms - frame.time * 1000 <= 5_000
    steps = [later - key for key, later in itertools.pairwise([*keys, SECONDS * 1000])]
    assert max(steps) <= 5_000
    recorded = [step for key, step in zip(keys, steps, strict=True) if not RECESS[0] <= key < RECESS[1]]
    assert max(recorded) <= 2_000
