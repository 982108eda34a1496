"""`yunting render`: the composite once more in each layout, beside a record that does not change."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from records.composite.layout import MODES
from records.keys import CourtKey
from records.sqlite import SqliteStore
from tests.fakes.serving import ServerProcess
from yunting.bench.synthetic import PHASE_MS, SyntheticSession, make_session

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SEATS = 6
LEAST_PX = 400
"""Of a tile; letters are smaller."""
LARGE = {"focus": 1, "one_plus_five": 1, "auto": 1, "facing": 2, "grid": SEATS}
"""How many tiles are as large as the largest. With six persons `auto` is one and five."""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[ServerProcess, SyntheticSession]:
    folder = tmp_path_factory.mktemp("court")
    made = make_session(
        folder / "new", CourtKey.generate(), seats=SEATS, seconds=2, size=(160, 90), codecs=("libx264",)
    )
    (folder / "recordings").mkdir()
    (folder / "new").rename(folder / "recordings" / made.session)
    asyncio.run(_kept(folder / "yunting.db", made))
    return ServerProcess(folder, YUNTING_COMPOSITE_FPS="25"), made


async def _kept(path: Path, made: SyntheticSession) -> None:
    store = await SqliteStore.open(path)
    await store.append(made.entries)
    await store.close()


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.mkv")}


async def rendered(
    held: tuple[ServerProcess, SyntheticSession], out: Path, *words: str
) -> tuple[int, str, dict[str, int]]:
    """Exit code, errors, and the object that was printed."""
    code, said, err = await held[0].yunting("render", held[1].session, "--out", str(out), "--json", *words)
    return code, err, msgspec.json.decode(said) if code == 0 else {}


def flash_of(file: Path) -> npt.NDArray[np.uint8]:
    """The brightness of the composite at the moment at which everybody's picture is white."""
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and round(frame.time * 1000) == PHASE_MS:
                return frame.to_ndarray()[: frame.height, : frame.width]
    raise AssertionError("no picture at the flash")


def tiles_of(bright: npt.NDArray[np.uint8]) -> list[int]:
    """Sizes in pixels of the white areas, the largest first."""
    white = {(int(y), int(x)) for y, x in np.argwhere(bright[::2, ::2] > 200)}
    return sorted((4 * count for count in _areas(white) if 4 * count >= LEAST_PX), reverse=True)


def _areas(white: set[tuple[int, int]]) -> Iterator[int]:
    while white:
        reached, count = [white.pop()], 0
        while reached:
            y, x = reached.pop()
            count += 1
            beside = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & white
            white -= beside
            reached += beside
        yield count


@pytest.mark.parametrize(
    "mode", [pytest.param(mode, marks=() if mode in ("auto", "grid") else pytest.mark.long) for mode in MODES]
)
async def test_each_layout(held: tuple[ServerProcess, SyntheticSession], tmp_path: Path, mode: str) -> None:
    before = await asyncio.to_thread(hashes, held[1].recordings.parent)
    code, err, done = await rendered(held, tmp_path / "again.mp4", "--layout", mode)
    assert code == 0, err
    assert (done["frames"], done["session_ms"]) == (50, 2_000)
    tiles = tiles_of(await asyncio.to_thread(flash_of, tmp_path / "again.mp4"))
    assert len(tiles) == SEATS
    # Plates and frames take some of each.
    assert len([tile for tile in tiles if tile > tiles[0] * 0.6]) == LARGE[mode]
    assert await asyncio.to_thread(hashes, held[1].recordings.parent) == before


async def test_another_size_without_captions(held: tuple[ServerProcess, SyntheticSession], tmp_path: Path) -> None:
    out = tmp_path / "small.mp4"
    code, err, _ = await rendered(held, out, "--width", "320", "--height", "240", "--no-captions")
    assert code == 0, err
    assert (await asyncio.to_thread(flash_of, out)).shape == (240, 320)
    code, err, _ = await rendered(held, out)
    assert (code, "file-exists" in err or "已存在" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--layout", "circle"), ("circle", *MODES)),
        (("--width", "641"), ("641",)),
        (("--height", "361"), ("361",)),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    held: tuple[ServerProcess, SyntheticSession], tmp_path: Path, words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    code, err, _ = await rendered(held, tmp_path / "none.mp4", *words)
    assert code == 2
    for each in named:
        assert each in err
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_is_not_there_and_an_unknown_session(
    held: tuple[ServerProcess, SyntheticSession], tmp_path: Path
) -> None:
    code, err, _ = await rendered(held, tmp_path / "nowhere" / "again.mp4")
    assert code in (2, 3)
    assert "nowhere" in err
    assert "Traceback" not in err
    code, _, err = await held[0].yunting("render", "01JDG000000000000000000009", "--out", str(tmp_path / "a.mp4"))
    assert code == 2
    assert "01JDG000000000000000000009" in err
    assert list(tmp_path.iterdir()) == []
