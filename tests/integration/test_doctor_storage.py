"""`yunting doctor` about copies, sealing, keys and time stamps: what is wrong is bad, named, and has advice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config import Settings, load
from records.keys import CourtKey
from records.package.manifest import Bag
from records.sqlite import SqliteStore
from tests.fakes.time_stamper import time_stamper
from yunting.backends import open_blobs
from yunting.doctor import storage as doctor_storage
from yunting.doctor.checks import Finding
from yunting.doctor.storage import composite, storage
from yunting.record.packages import all_packages
from yunting.record.recording_keys import open_recording_keys
from yunting.record.sending import PackageFiles, send

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The court's, with one package in it."""
    court = tmp_path / "court"
    bag = Bag(court / "packages" / "01M8EMPTHCZWNPJF0DNX9EBRPZ" / "record")
    bag.add("data/a.txt", b"a")
    bag.seal(CourtKey.load_or_create(court / "keys" / "court.pem"), {"External-Identifier": "S1"})
    return court


def settings(folder: Path, **more: str) -> Settings:
    told = {"STORAGE_FOLDER": str(folder), "STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}", **more}
    return load(None, {f"YUNTING_{key}": value for key, value in told.items()})


async def found_with(name: str, folder: Path, **more: str) -> Finding:
    """The same from a test that runs a server of its own."""
    return await asyncio.to_thread(lambda: found(name, settings(folder, **more)))


def found(name: str, told: Settings) -> Finding:
    one = next(each for each in storage(told) if each.name == name)
    assert one.advice or one.grade == "good"
    return one


async def copied(folder: Path, place: Path) -> None:
    """As the server does it."""
    blobs = await open_blobs(f"file://{place}", "storage.blobs")
    for package, _ in await asyncio.to_thread(all_packages, folder / "packages"):
        await send(await asyncio.to_thread(PackageFiles, package), blobs, lambda count: None)


def test_no_place_for_copies_is_a_warning(folder: Path) -> None:
    assert (found("copies", settings(folder))).grade == "warn"


def test_a_place_is_tried_and_compared(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    told = settings(folder, STORAGE_BLOBS=f"file://{place}")
    assert (found("copies", told)).fact == "one place only"
    waiting = found("copies, first", told)
    assert (waiting.grade, "1 of 1 packages not whole" in waiting.fact) == ("warn", True)
    asyncio.run(copied(folder, place))
    good = found("copies, first", told)
    assert (good.grade, "1 newest" in good.fact) == ("good", True)
    assert not list(place.rglob("doctor-*"))
    (copy,) = place.rglob("data/a.txt")
    copy.chmod(0o600)
    copy.write_bytes(b"longer")
    bad = found("copies, first", told)
    assert (bad.grade, "a.txt" in bad.fact) == ("bad", True)


def test_a_place_that_is_not_mounted_or_unknown_is_bad(folder: Path, tmp_path: Path) -> None:
    for url in (f"file://{tmp_path / 'no' / 'disk'}", "ftp://host/x", "s3://bucket?endpoint=http://127.0.0.1:9"):
        one = found("copies, second", settings(folder, STORAGE_SECOND=url))
        assert one.grade == "bad", url
        assert "storage.second" in one.advice


def test_sealing_and_its_key(folder: Path, tmp_path: Path) -> None:
    assert (found("encryption at rest", settings(folder))).grade == "warn"
    told = settings(folder, STORAGE_ENCRYPT="true")

    async def seal() -> None:
        store = await SqliteStore.open(folder / "yunting.db")
        keys = await open_recording_keys(told, store)
        await keys.for_new("S1", folder / "recordings" / "S1")
        await store.close()

    asyncio.run(seal())
    key = folder / "keys" / "storage.key"
    on = found("encryption at rest", told)
    assert (on.grade, "same disk" in on.fact) == ("warn", True)
    kept = key.read_bytes()
    key.write_bytes(b"00" * 32)
    assert (found("encryption at rest", told)).grade == "bad"
    key.write_bytes(kept)
    key.chmod(0o640)
    for name in ("encryption at rest", "key files"):
        one = found(name, told)
        assert (one.grade, "storage.key" in one.fact) == ("bad", True), name
    key.chmod(0o600)
    assert (found("key files", told)).grade == "good"
    key.rename(tmp_path / "gone")
    for encrypt in ("true", "false"):
        lost = found("encryption at rest", settings(folder, STORAGE_ENCRYPT=encrypt))
        assert (lost.grade, "no such file" in lost.fact) == ("bad", True)


async def test_the_authority_is_asked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await found_with("time stamps", folder)).grade == "warn"
    async with time_stamper(tmp_path) as (authority, url):
        told = {"ANCHORS_RFC3161_URL": url, "ANCHORS_RFC3161_CA": str(authority.ca)}
        good = await found_with("time stamps", folder, **told)
        assert (good.grade, authority.asked) == ("good", 1), good.fact
        for fault in ("busy", "garbage", "other"):
            authority.fault = fault
            assert (await found_with("time stamps", folder, **told)).grade == "bad", fault
        no_root = await found_with("time stamps", folder, ANCHORS_RFC3161_URL=url)
        assert (no_root.grade, "rfc3161_ca" in no_root.fact) == ("bad", True)
    never = asyncio.Event()
    monkeypatch.setattr(doctor_storage, "PATIENCE_S", 0.05)
    silent = await asyncio.start_server(lambda reader, writer: never.wait(), "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        told = {"ANCHORS_RFC3161_URL": f"http://127.0.0.1:{port}/", "ANCHORS_RFC3161_CA": str(authority.ca)}
        quiet = await found_with("time stamps", folder, **told)
        never.set()
    assert (quiet.grade, "no answer" in quiet.fact) == ("bad", True)


def test_what_the_composite_may_take(folder: Path) -> None:
    assert composite(settings(folder), 4).grade == "good"
    assert "2 sessions at once" in composite(settings(folder), 4).fact
    assert composite(settings(folder), 1).grade == "warn"
    assert composite(settings(folder, COMPOSITE_BUDGET="0"), 4).grade == "warn"
