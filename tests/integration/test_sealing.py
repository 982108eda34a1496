"""From 闭庭 to the final seal over real sockets: media seal, statements, signatures, final seal, nothing after it."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from hearing.errors import Refused, UserError
from hearing.events import PhaseChanged
from hearing.session import Phase, State
from hearing.transcript_events import LineStruck
from records import verify
from records.anchors.rfc3161 import Rfc3161Anchor
from records.package.seal_files import STAMPED, TAG_STAMP
from tests.fakes.sealing_court import CLERK, JUDGE, PLAINTIFF, Archive, sealing_court
from tests.fakes.time_stamper import time_stamper

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


async def _verified(package: Path, key: str) -> dict[str, object]:
    result = await asyncio.to_thread(verify.verify_path, str(package), key)
    assert result["ok"], result["wrong"]
    return result


def _info(package: Path) -> dict[str, str]:
    lines = (package / "bag-info.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def _media(package: Path) -> dict[str, str]:
    """Hashes of what was composed."""
    media = package / "data/media"
    files = [media / "composite.mp4", media / "audio-mix.m4a", *(media / "audio-seats").iterdir()]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _writable(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o222]


async def test_a_session_is_closed_sealed_signed_sealed_for_good_and_refuses_every_change(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    await archive.record()
    async with sealing_court(archive) as court:
        await court.come(JUDGE)
        await court.done(JUDGE, "move", move="close")
        media = await court.until("seal.made")
        await court.come()
        assert (media.step, media.before) == ("media", "")
        found = await _verified(archive.package(media), archive.key.fingerprint)
        assert found["manifest_sha512"] == media.manifest_sha512
        assert _info(archive.package(media))["Yunting-Seal"] == "media"

        # What was lost while the server was away has become an incident that somebody has to explain.
        assert await court.unmet() == {"incident-unexplained", "not-reviewed"}
        assert (await court.do(JUDGE, "incident_explain", incident=1, text="x"))["code"] == "no-right"
        assert (await court.do(CLERK, "seal"))["code"] == "not-signed"
        await court.explain()
        await court.sign_minutes()
        assert await court.unmet() == set()
        assert (await court.do(PLAINTIFF, "seal"))["code"] == "no-right"
        await court.done(CLERK, "seal")

        final = await court.until("seal.made", 2)
        await court.come()
        assert (final.step, final.before) == ("final", media.manifest_sha512)
        package = archive.package(final)
        await _verified(package, archive.key.fingerprint)
        assert (_info(package)["Yunting-Seal"], _info(package)["Yunting-Media-Seal"]) == (
            "final",
            media.manifest_sha512,
        )
        report = (package / "data/reports/录音录像情况记录.html").read_text(encoding="utf-8")
        assert "设备重启，其间未录制。" in report
        assert "周明远" in report

        # Its pieces are gone, and a package that is made later has the very picture and sound that were sealed.
        pieces = tmp_path / "composites" / archive.session
        async with asyncio.timeout(30):
            while await asyncio.to_thread(pieces.exists):
                await asyncio.sleep(0.05)
        later = await court.court.services.exporter.export(archive.session, "court", "test", lambda step: None)
        assert await asyncio.to_thread(_media, later.folder) == await asyncio.to_thread(_media, package)
        assert not pieces.exists()
        await _verified(later.folder, archive.key.fingerprint)

        # Nothing changes any more: not by commands, not by the server itself, not on disk.
        for who, command, fields in (
            (CLERK, "incident_explain", {"incident": 1, "text": "再说明"}),
            (CLERK, "line_write", {"text": "补记", "participant": None}),
            (CLERK, "review_open", {}),
            (JUDGE, "move", {"move": "reopen"}),
            (JUDGE, "mute", {"participant": PLAINTIFF}),
            (PLAINTIFF, "correction_ask", {"line": "x", "revision": 0, "wanted": "y"}),
        ):
            assert (await court.do(who, command, **fields))["type"] == "error", command
        ledger = await court.court.services.book.get(archive.session)
        for event in (PhaseChanged(phase=Phase.DEBATE), LineStruck(line="l", revision=1, struck=True, reason="")):
            with pytest.raises(Refused, match="sealed"):
                await ledger.note("server", [event])
        before = len(await archive.entries())
        await court.done(CLERK, "seal")
        await court.done(CLERK, "supplement", text="更正：附件二页码应为三。")
        assert [e.event.__struct_config__.tag for e in (await archive.entries())[before:]] == ["record.supplement"]
        view = await court.view()
        assert view.state is State.SEALED
        assert [(row.step, row.url != "") for row in view.seals] == [("media", True), ("final", True)]
        assert _writable(package) == _writable(archive.package(media)) == _writable(archive.recordings) == []


async def test_an_authority_stamps_the_log_and_the_seal(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    folder.mkdir()
    archive = Archive(tmp_path)
    await archive.record()
    async with time_stamper(folder) as (authority, url), aiohttp.ClientSession() as http:
        roots = x509.load_pem_x509_certificates(authority.ca.read_bytes())
        authority.fault = "busy"
        async with sealing_court(archive, Rfc3161Anchor(url, roots, http)) as court:
            await court.come(JUDGE)
            await court.done(JUDGE, "move", move="close")
            # An authority that does not answer holds nothing up.
            media = await court.until("seal.made")
            assert (await court.until("stamp.missed")).where.startswith("http://127.0.0.1")
            authority.fault = ""
            await court.until("stamp.made", 2)
            assert (await court.view()).seals[0].stamped
        package = archive.package(media)
        assert _info(package)["Yunting-Time-Stamp"].startswith("http://127.0.0.1")
        await _verified(package, archive.key.fingerprint)
        words = ("ts", "-verify", "-in", str(package / TAG_STAMP), "-data", str(package / STAMPED), "-CAfile")
        done = await asyncio.create_subprocess_exec("openssl", *words, str(authority.ca))
        assert await done.wait() == 0
        assert _writable(package) == []
        (package / STAMPED).chmod(0o600)
        (package / TAG_STAMP).chmod(0o600)
        (package / TAG_STAMP).write_bytes(b"another")
        result = await asyncio.to_thread(verify.verify_path, str(package), archive.key.fingerprint)
        assert [wrong["file"] for wrong in result["wrong"]] == [TAG_STAMP]


async def test_a_server_that_died_makes_the_seals_that_are_due(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    await archive.record(closed=True)
    async with sealing_court(archive) as court:
        media = await court.until("seal.made")
        digest = hashlib.sha512((archive.package(media) / "manifest-sha512.txt").read_bytes()).hexdigest()
        assert digest == media.manifest_sha512
        await court.come()
        await court.explain()
        await court.sign_minutes()
    async with sealing_court(archive) as court:
        await court.come(CLERK)
        (tmp_path / "packages").rename(tmp_path / "elsewhere")
        (tmp_path / "packages").write_bytes(b"no folder")
        await court.done(CLERK, "seal")
        async with asyncio.timeout(60):
            while (job := (await court.view()).job) is None or job.error is None:
                await asyncio.sleep(0.05)
        assert (await court.view()).state is State.SEALED
        (tmp_path / "packages").unlink()
        (tmp_path / "elsewhere").rename(tmp_path / "packages")
    async with sealing_court(archive) as court:
        final = await court.until("seal.made", 2)
        assert (final.step, final.before) == ("final", media.manifest_sha512)
        await _verified(archive.package(final), archive.key.fingerprint)
        # What is altered on the disk afterwards goes into no package, and the log takes no notice of it.
        before = len(await archive.entries())
        track = next(archive.recordings.glob("*.mkv"))
        track.chmod(0o600)
        track.write_bytes(track.read_bytes()[:-1] + b"\0")
        with pytest.raises(UserError, match="record-broken"):
            await court.court.services.exporter.export(archive.session, "court", "test", lambda step: None)
        assert len(await archive.entries()) == before
