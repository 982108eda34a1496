"""`yunting doctor` about where the record lies: copies, sealing on the disk, keys, time stamps, the composite.

The places for copies and the time-stamping authority are asked: a trial is written, read back and removed, and
a stamp is asked for over a text that says nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path

import structlog

from config import Settings, SettingsError
from hearing.errors import UserError
from hearing.ids import new_ulid
from records.address import shown
from records.anchors.port import AnchorFailed
from records.blobs.keys import SCRATCH
from records.errors import BlobMismatch, BlobMissing, BlobUnavailable, KeyFault
from records.memory import MemoryStore
from records.ports import BlobStore
from records.vault.case_keys import WrongKey
from yunting.anchors import open_anchors
from yunting.backends import open_blobs
from yunting.backup.make import sqlite_file
from yunting.doctor.checks import Finding
from yunting.doctor.modes import modes
from yunting.record.packages import all_packages
from yunting.record.recording_keys import TABLE, case_keys, operator_key
from yunting.record.sending import PackageFiles

PATIENCE_S = 20.0
"""For each place and for the authority."""
_TRIAL = b"yunting doctor"
_NEWEST = 20
"""Packages that are compared, of those that are there."""
_SECRET = {".key", ".secret", ".pem", ".next", ".former"}


def storage(settings: Settings) -> tuple[Finding, ...]:
    """All of it. Blocks, for PATIENCE_S where somebody does not answer."""
    return (
        *_unset(settings),
        *asyncio.run(_asked(settings)),
        *_keys(settings),
        *modes(settings),
        composite(settings),
    )


async def _asked(settings: Settings) -> tuple[Finding, ...]:
    told = (("first", "storage.blobs", settings.storage.blobs), ("second", "storage.second", settings.storage.second))
    places = [(f"copies, {name}", _copies(settings, setting, url)) for name, setting, url in told if url]
    asked: list[tuple[str, Awaitable[Finding]]] = [*places, ("time stamps", _time_stamps(settings))]
    found = await asyncio.gather(*(_patiently(name, work) for name, work in asked))
    return (*found, await _sealing(settings))


async def _patiently(name: str, work: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await work
    except TimeoutError:
        advice = "检查网络和地址 / look at the network and the address"
        return Finding(name=name, grade="bad", fact=f"no answer within {PATIENCE_S:.0f} s", advice=advice)


# --- copies -------------------------------------------------------------------------------------------------


def _unset(settings: Settings) -> Sequence[Finding]:
    if settings.storage.blobs or settings.storage.second:
        if settings.storage.blobs and settings.storage.second:
            return ()
        fact, advice = "one place only", "建议再设一处 / set the other one of storage.blobs, storage.second"
    else:
        fact = f"none: packages lie in {settings.storage.folder}/packages only"
        advice = "卷宗包只有一份：请设置 storage.blobs（另一磁盘或对象存储） / set storage.blobs: another disk, or S3"
    return (Finding(name="copies", grade="warn", fact=fact, advice=advice),)


async def _copies(settings: Settings, setting: str, url: str) -> Finding:
    name = "copies, first" if setting == "storage.blobs" else "copies, second"
    where = url.partition("?")[0]
    try:
        blobs = await open_blobs(url, setting)
    except SettingsError as problem:
        advice = f"服务器不会启动 / the server does not start with this: {setting}"
        return Finding(name=name, grade="bad", fact=str(problem), advice=advice)
    try:
        await _trial(blobs)
        here = await asyncio.to_thread(_newest, Path(settings.storage.folder) / "packages")
        absent, other = await _compared(blobs, here)
    except (BlobUnavailable, BlobMissing, BlobMismatch, UserError, OSError, ValueError) as problem:
        reason = getattr(problem, "detail", "") or str(problem)
        advice = f"无法写入或读回，副本不会生成 / nothing can be copied there: look at {setting}"
        return Finding(name=name, grade="bad", fact=f"{where}: {reason}", advice=advice)
    finally:
        await blobs.close()
    if other:
        advice = "副本与本机不同：核对后恢复 / the copy or the package was changed: `yunting verify` both"
        return Finding(name=name, grade="bad", fact=f"{where}: {other[0]} is not as here", advice=advice)
    if absent:
        advice = "运行中的服务器会续传；否则见归档页 / a running server sends them; see the archive page for why not"
        fact = f"{where}: writable; {len(absent)} of {len(here)} packages not whole there yet, {absent[0]} first"
        return Finding(name=name, grade="warn", fact=fact, advice=advice)
    fact = f"{where}: writable; names and lengths of the {len(here)} newest packages as here"
    return Finding(name=name, grade="good", fact=fact)


async def _trial(blobs: BlobStore) -> None:
    """Write, read back, remove. Raises as the place does."""
    key = f"{SCRATCH}doctor-{new_ulid(time.time_ns() // 1_000_000)}"
    await blobs.put(key, _TRIAL, hashlib.sha512(_TRIAL).hexdigest())
    try:
        read = b"".join([block async for block in blobs.read(key)])
        if read != _TRIAL:
            raise BlobMismatch(key, "the place")
    finally:
        await blobs.delete(key)


def _newest(packages: Path) -> list[PackageFiles]:
    found = all_packages(packages) if packages.is_dir() else []
    return [PackageFiles(folder) for folder, _ in sorted(found, key=lambda each: each[0].parent.name)[-_NEWEST:]]


async def _compared(blobs: BlobStore, here: Sequence[PackageFiles]) -> tuple[list[str], list[str]]:
    """(packages that lack files there, files of another length, or that are there only)."""
    absent, other = [], []
    for files in here:
        there = set(await blobs.keys(files.prefix))
        due = {files.prefix + path: files.folder / path for path in files.digests}
        other += sorted(there - due.keys())
        if not due.keys() <= there:
            absent.append(files.folder.name)
        for key in sorted(due.keys() & there):
            size_bytes = await blobs.size_bytes(key)
            if size_bytes != (await asyncio.to_thread(due[key].stat)).st_size:
                other.append(key)
    return absent, other


# --- sealing on the disk, keys --------------------------------------------------------------------------------


async def _sealing(settings: Settings) -> Finding:
    """Whether new recordings are sealed, and whether what was sealed can be read."""
    name, told = "encryption at rest", settings.storage
    ring = operator_key(settings)
    where = f"storage.key_file {ring.file}"
    sealed = await asyncio.to_thread(_wrapped, sqlite_file(told.store))
    if sealed or (told.encrypt and await ring.exists()):
        try:
            await ring.keys()
            lost = await _lost(settings, sealed)
        except KeyFault as problem:
            advice = (
                f"已加密的录音录像无法读取；放回密钥文件 / {len(sealed)} sessions cannot be read: put the key back"
            )
            return Finding(name=name, grade="bad", fact=f"{where}: {problem}", advice=advice)
        if lost:
            advice = "密钥不对：放回加密时的密钥 / another key was used: put that one back"
            return Finding(name=name, grade="bad", fact=f"{where} opens {len(lost)} sessions not", advice=advice)
    if not told.encrypt:
        fact = "off" + (f"; {len(sealed)} sessions sealed before are readable" if sealed else "")
        advice = "取走磁盘者可读录音录像；见 storage.encrypt / whoever takes the disk reads the recordings"
        return Finding(name=name, grade="warn", fact=fact, advice=advice)
    if await asyncio.to_thread(_same_disk, ring.file, Path(told.folder)):
        advice = "密钥与录音录像同在一盘：请移到另一介质 / a key on the same disk protects from nobody who takes it"
        return Finding(name=name, grade="warn", fact=f"on, {where} on the same disk", advice=advice)
    return Finding(name=name, grade="good", fact=f"on, {where}, {len(sealed)} sessions sealed, all readable")


async def _lost(settings: Settings, sealed: dict[str, bytes]) -> list[str]:
    """Sessions whose key the operator's does not open."""
    kept = MemoryStore()
    for session, row in sealed.items():
        await kept.put(TABLE, session, row)
    keys, lost = case_keys(settings, kept), []
    for session in sealed:
        try:
            await keys.known(session)
        except WrongKey:
            lost.append(session)
    return lost


def _wrapped(store: Path | None) -> dict[str, bytes]:
    """The sessions' wrapped keys, read without opening the store for writing."""
    if store is None or not store.is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            rows = reader.execute("SELECT key, value FROM fact WHERE kind = ?", (TABLE,)).fetchall()
    except sqlite3.Error as problem:
        structlog.get_logger(__name__).warning("the store was not read", detail=str(problem))
        return {}
    return {str(key): bytes(value) for key, value in rows}


def _same_disk(file: Path, folder: Path) -> bool:
    places = [next(p for p in (each, *each.parents) if p.exists()) for each in (file.absolute(), folder.absolute())]
    return places[0].stat().st_dev == places[1].stat().st_dev


def _keys(settings: Settings) -> Sequence[Finding]:
    """Each file with a secret in it that others may read."""
    folder = Path(settings.storage.folder) / "keys"
    named = (settings.storage.key_file, settings.identity.key_file, settings.http.private_key)
    files = {*(folder.iterdir() if folder.is_dir() else ()), *(Path(each) for each in named if each)}
    open_to_others = []
    for file in sorted(each for each in files if each.is_file() and each.suffix in _SECRET):
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077 and not _is_public(file):
            open_to_others.append(
                Finding(
                    name="key files",
                    grade="bad",
                    fact=f"{file}: mode {mode:03o}: others may read it",
                    advice=f"chmod 600 {file}",
                )
            )
    return open_to_others or [Finding(name="key files", grade="good", fact=f"{folder}: for this account only")]


def _is_public(file: Path) -> bool:
    """Certificates and public keys lie beside secrets."""
    try:
        text = file.read_bytes()
    except OSError:
        return False
    return b"-----BEGIN" in text and b"PRIVATE KEY" not in text


# --- time stamps, composite -----------------------------------------------------------------------------------


async def _time_stamps(settings: Settings) -> Finding:
    name, url = "time stamps", settings.anchors.rfc3161_url
    if not url:
        advice = "记录的时间只凭本机时钟：请设置 anchors.rfc3161_url / the record's time rests on this clock alone"
        return Finding(name=name, grade="warn", fact="no authority is set", advice=advice)
    async with AsyncExitStack() as stack:
        try:
            anchors = await open_anchors(settings, stack)
            before = time.monotonic()
            await next(anchor for anchor in anchors if anchor.kind == "rfc3161").submit(_TRIAL)
        except SettingsError as problem:
            advice = "服务器不会启动 / the server does not start with this"
            return Finding(name=name, grade="bad", fact=str(problem), advice=advice)
        except AnchorFailed as problem:
            advice = "封存不等它，但缺时间戳 / seals do not wait for it, and lack their stamp meanwhile"
            return Finding(name=name, grade="bad", fact=str(problem), advice=advice)
        took_ms = (time.monotonic() - before) * 1000
    return Finding(name=name, grade="good", fact=f"{shown(url)} answered in {took_ms:.0f} ms, its signature is good")


def composite(settings: Settings, cpus: int | None = None) -> Finding:
    """Whether the composite keeps up while sessions go on."""
    name, budget = "composite", settings.composite.budget
    cores = cpus or os.cpu_count() or 1
    at_once = max(1, cores // 2)
    if budget <= 0:
        advice = "闭庭后才开始合成，卷宗包会晚 / composite.budget: the package waits for all of it after closing"
        return Finding(name=name, grade="warn", fact="made at the export only (budget 0)", advice=advice)
    fact = f"{min(1.0, budget):g} cores for each of at most {at_once} sessions at once, of {cores} cores"
    if cores < 2:
        advice = "只有一个核：媒体与合成争用 / one core only: media comes first, the composite late"
        return Finding(name=name, grade="warn", fact=fact, advice=advice)
    return Finding(name=name, grade="good", fact=fact)
