"""The package of a meeting over the wire: whole, verified by both verifiers, and any changed byte is found."""

from __future__ import annotations

import asyncio
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.meeting_court import Court, called, phone
from tests.fakes.serving import PASSWORD, serving
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PDF = b"%PDF-1.7\n" + b"plan " * 100


async def asked(api: Api, method: str, court: Court, path: str) -> tuple[int, Any]:
    async with api.http.request(method, f"{api.base_url}/api/v1/meetings/{court.meeting}/{path}") as answer:
        data = await answer.read()
        return answer.status, await answer.json() if answer.content_type == "application/json" else data


async def finished(court: Court, job: str) -> Any:
    permille = 0
    while True:
        now = (await asked(court.judge, "GET", court, f"packages/jobs/{job}"))[1]
        assert now["permille"] >= permille
        permille = now["permille"]
        if now["done"]:
            return now
        await asyncio.sleep(0.05)


async def exit_code(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_the_package_of_a_meeting_is_whole_and_any_change_is_found(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court, server.api() as firm:
        await firm.sign_in("firm", PASSWORD)
        url = f"{server.base_url}/api/v1/meetings/{court.meeting}/documents"
        async with court.clerk.http.post(url, params={"title": "变价方案/..\\x"}, data=PDF) as answer:
            assert answer.status == 201
        await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
        assert (await asked(court.clerk, "POST", court, "packages"))[0] == 404
        await court.post("doors", {})
        await court.by_two("open")
        token = await court.sign_in(1, court.clerk)
        async with phone(court.clerk, court.meeting, token) as one:
            await one.cast("agree", "a")
        assert (await asked(court.clerk, "POST", court, "packages"))[1]["error"] == "motion-open"
        await court.by_two("close")
        await court.by_two("announce")
        await court.by_two("end", None)
        # It says who voted what: the administrator gets neither it nor its list.
        assert (await asked(firm, "GET", court, "packages"))[0] == 403
        status, begun = await asked(court.clerk, "POST", court, "packages")
        assert status == 202, begun
        assert (await asked(court.clerk, "POST", court, "packages"))[1]["error"] == "busy"
        assert (await asked(firm, "GET", court, f"packages/jobs/{begun['job']}"))[0] == 403
        assert (await asked(court.clerk, "GET", court, "packages/jobs/none"))[1]["error"] == "unknown-job"
        job = await finished(court, begun["job"])
        assert (job["error"], job["permille"]) == (None, 1000)
        assert (await asked(court.judge, "GET", court, "packages/jobs"))[1] == [job]
        made = job["package"]
        assert (await asked(court.judge, "GET", court, "packages"))[1] == [made]
        status, data = await asked(court.judge, "GET", court, f"packages/{made['package']}.zip")
        assert status == 200
        folder = tmp_path / "taken"
        await asyncio.to_thread(zipfile.ZipFile(io.BytesIO(data)).extractall, folder)
    (package,) = folder.iterdir()
    files = {each.relative_to(package).as_posix() for each in package.rglob("*") if each.is_file()}
    for wanted in (
        "data/ballot-log.jsonl",
        "data/ballot-log-public.jsonl",
        "data/papers/会议记录.docx",
        "data/papers/M1-1/决议.docx",
        "data/papers/M1-1/记名表决表.xlsx",
        "data/notices/M1-1/送达证据.csv",
        "data/documents/D1-reads.csv",
        "verify.py",
        "verify_ballots.py",
    ):
        assert wanted in files
    code, told = await exit_code("-m", "yunting", "verify", str(package))
    assert code == 0, told
    # A stranger's computer has neither Yunting nor its packages.
    assert (await exit_code("-I", str(package / "verify.py")))[0] == 0
    ballots = ("-I", str(package / "verify_ballots.py"), str(package / "data" / "ballot-log.jsonl"))
    assert (await exit_code(*ballots))[0] == 0
    for name in (
        "data/papers/M1-1/决议.docx",
        "data/ballot-log-public.jsonl",
        "verify_ballots.py",
        "data/meeting.json",
    ):
        whole = await asyncio.to_thread((package / name).read_bytes)
        broken = bytearray(whole)
        broken[len(broken) // 2] ^= 1
        await asyncio.to_thread((package / name).write_bytes, broken)
        code, told = await exit_code("-I", str(package / "verify.py"))
        assert (code, name in told) == (1, True)
        await asyncio.to_thread((package / name).write_bytes, whole)
    await asyncio.to_thread((package / "data/ballot-log.jsonl").unlink)
    assert (await exit_code("-I", str(package / "verify.py")))[0] == 1
