"""A whole meeting whose heads go outside three ways, one of them away at first: nobody's vote waits, and afterwards a
stranger checks log and evidence with the standalone verifier. With SM3, end to end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from config import SettingsError
from config.settings import load
from tests.fakes.meeting_court import Court, called
from tests.fakes.serving import serving
from tests.fakes.time_stamper import time_stamper
from voting.verify import verify_bytes
from yunting.anchors import open_anchors

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


class Notary:
    def __init__(self) -> None:
        self.away = True

    async def take(self, request: web.Request) -> web.Response:
        if self.away:
            return web.Response(status=503)
        return web.json_response({"sha256": hashlib.sha256(await request.read()).hexdigest()})


async def anchors_when(court: Court, true: Callable[[dict[str, Any], int], bool]) -> dict[str, Any]:
    """The console's anchors by kind, once they are so."""
    while True:
        console = await court.console()
        found = {each["kind"]: each for each in console["anchors"]}
        if true(found, console["log_size"]):
            return found
        await asyncio.sleep(0.1)


async def fetched(court: Court, name: str) -> bytes:
    url = f"{court.clerk.base_url}/api/v1/meetings/{court.meeting}/{name}"
    async with court.clerk.http.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


async def test_the_heads_of_a_meeting_go_outside_and_the_vote_does_not_wait(tmp_path: Path) -> None:
    for name in ("tsa", "outside", "server"):
        (tmp_path / name).mkdir()
    notary = Notary()
    app = web.Application()
    app.router.add_post("/heads", notary.take)
    async with time_stamper(tmp_path / "tsa") as (tsa, tsa_url), TestServer(app) as there:
        settings = {
            "YUNTING_ANCHORS_FILE": str(tmp_path / "outside" / "heads.jsonl"),
            "YUNTING_ANCHORS_RFC3161_URL": tsa_url,
            "YUNTING_ANCHORS_RFC3161_CA": str(tsa.ca),
            "YUNTING_ANCHORS_HTTPS_URL": str(there.make_url("/heads")),
            "YUNTING_ANCHORS_HTTPS_TOKEN": "sesame",
        }
        async with serving(tmp_path / "server", **settings) as server, called(server, [100, 200], "sm3") as court:
            await court.post("motions", {"title": "关于财产变价方案", "matter": "ordinary"})
            await court.post("doors", {})
            await court.by_two("open")
            found = await anchors_when(
                court, lambda now, _: all((now["file"]["size"], now["rfc3161"]["size"], now["https"]["failures"]))
            )
            assert "answered 503" in found["https"]["failure"]
            assert "sesame" not in str(found)
            token = await court.sign_in(1, court.clerk)
            ballot = {"motion": "M1", "round": 1, "choice": "agree", "idem": "one"}
            url = f"{server.base_url}/api/v1/meetings/{court.meeting}/ballots"
            bearer = {"Authorization": f"Bearer {token}"}
            async with court.clerk.http.post(url, json=ballot, headers=bearer) as answer:
                assert answer.status == 201
                receipt = json.loads(await answer.read())
            notary.away = False
            await court.by_two("close")
            await court.by_two("announce")
            await court.by_two("end", motion=None)
            await anchors_when(court, lambda now, size: all(each["size"] == size for each in now.values()))
            log, anchors = await fetched(court, "log.jsonl?edition=court"), await fetched(court, "anchors.jsonl")
    result = verify_bytes(log, None, receipt, anchors)
    assert result["wrong"] == []
    assert result["alg"] == "sm3"
    assert {each["anchor"] for each in result["anchors"]} == {"file", "rfc3161", "https"}
    lines = await asyncio.to_thread((tmp_path / "outside" / "heads.jsonl").read_bytes)
    assert lines.splitlines()[-1] in anchors
    assert json.loads(lines.splitlines()[-1])["root"] == result["root"]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("FILE", "/nowhere/at/all/heads.jsonl", "anchors.file.*no such folder"),
        ("RFC3161_URL", "http://tsa.example.org", "anchors.rfc3161_ca.*root"),
        ("RFC3161_URL", "ftp://me:sesame@tsa.example.org", "anchors.rfc3161_url: ftp://tsa.example.org: "),
        ("HTTPS_URL", "http://me:sesame@chain.example.org", "this machine only"),
        ("HTTPS_URL", "nothing", "anchors.https_url"),
        ("RFC3161_CA", "/nowhere.pem", "No such file"),
        ("RFC3161_CA", __file__, "no certificate in PEM"),
    ],
)
async def test_a_setting_that_anchors_nothing_is_refused_in_words(key: str, value: str, reason: str) -> None:
    told = {f"YUNTING_ANCHORS_{key}": value}
    if key == "RFC3161_CA":
        told["YUNTING_ANCHORS_RFC3161_URL"] = "http://tsa.example.org"
    settings = await asyncio.to_thread(load, None, told)
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(SettingsError, match=reason) as refused:
            await open_anchors(settings, stack)
    assert "sesame" not in str(refused.value)
