"""Pieces of composites go when nobody needs them any more, and no sooner."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import msgspec
import pytest

from hearing.seal_events import SealMade
from records.chain import make_entry
from records.keys import CourtKey
from records.sqlite import SqliteStore
from tests.fakes.serving import ServerProcess
from yunting.bench.synthetic import SyntheticSession, make_session
from yunting.record.composites import folder_of
from yunting.record.pieces import sweep_pieces

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PACKAGE = "01JDG000000000000000000009"


def with_pieces(storage: Path, *, closed: bool = True) -> SyntheticSession:
    made = make_session(
        storage / "new", CourtKey.generate(), seats=1, seconds=2, size=(160, 90), codecs=("libx264",), closed=closed
    )
    pieces = folder_of(storage, made.session) / "look-1"
    pieces.mkdir(parents=True)
    (pieces / "000000.picture").write_bytes(bytes(1_000))
    return made


async def stored(storage: Path, *sessions: SyntheticSession) -> SqliteStore:
    store = await SqliteStore.open(storage / "yunting.db")
    for made in sessions:
        await store.append(made.entries)
    return store


def sealed(made: SyntheticSession, storage: Path) -> None:
    """The final package, and the log that tells of it."""
    package = storage / "packages" / PACKAGE / "package"
    package.mkdir(parents=True)
    (package / "manifest-sha512.txt").write_bytes(b"manifest")
    last = made.entries[-1]
    event = SealMade(
        step="final", package=PACKAGE, manifest_sha512=hashlib.sha512(b"manifest").hexdigest(), key="k", before="m"
    )
    made.entries.append(
        make_entry(
            session=made.session,
            seq=last.seq + 1,
            at_ms=last.at_ms,
            utc_ms=last.utc_ms,
            actor="server",
            event=event,
            prev=last.hash,
        )
    )


async def test_only_those_whose_final_package_is_there_are_removed(tmp_path: Path) -> None:
    made = [await asyncio.to_thread(with_pieces, tmp_path) for _ in range(2)]
    sealed(made[0], tmp_path)
    store = await stored(tmp_path, *made)
    try:
        package = tmp_path / "packages" / PACKAGE / "package"
        package.rename(tmp_path / "elsewhere")
        assert await sweep_pieces(tmp_path, store) == {}
        (tmp_path / "elsewhere").rename(package)
        assert await sweep_pieces(tmp_path, store) == {made[0].session: 1_000}
        assert [folder.name for folder in (tmp_path / "composites").iterdir()] == [made[1].session]
        assert await sweep_pieces(tmp_path, store) == {}
    finally:
        await store.close()


async def test_by_hand_those_of_a_session_that_is_closed(tmp_path: Path) -> None:
    closed = await asyncio.to_thread(with_pieces, tmp_path)
    running = await asyncio.to_thread(with_pieces, tmp_path, closed=False)
    await (await stored(tmp_path, closed, running)).close()
    server = ServerProcess(tmp_path)
    code, out, err = await server.yunting("storage", "sweep", closed.session, "--json")
    assert code == 0, err
    assert msgspec.json.decode(out) == {"sessions": {closed.session: 1_000}}
    for session, why in ((running.session, "not closed"), (PACKAGE, "no record")):
        code, _, err = await server.yunting("storage", "sweep", session)
        assert code == 2
        assert why in err
    assert [folder.name for folder in (tmp_path / "composites").iterdir()] == [running.session]
