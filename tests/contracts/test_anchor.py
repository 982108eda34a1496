"""The Anchor suite over every implementation, and what each refuses."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509

from records.anchors.file import FileAnchor
from records.anchors.https import HttpsAnchor
from records.anchors.port import Anchor, AnchorFailed
from records.anchors.rfc3161 import Rfc3161Anchor
from tests.contracts.anchor import AnchorContract, signed
from tests.fakes.time_stamper import TimeStamper, time_stamper

pytestmark = pytest.mark.contract


class Notary:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.answer: web.Response | None = None

    async def take(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer sesame"
        self.kept.append(await request.read())
        digest = hashlib.sha256(self.kept[-1]).hexdigest()
        return self.answer or web.json_response({"sha256": digest, "block": len(self.kept), "在": "链上"}, status=201)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class TestFile(AnchorContract):
    @pytest.fixture
    def anchor(self, tmp_path: Path) -> Anchor:
        return FileAnchor(tmp_path / "heads.jsonl")

    async def test_what_a_crash_cut_off_stays_on_a_line_of_its_own(self, tmp_path: Path) -> None:
        file = tmp_path / "heads.jsonl"
        anchor = FileAnchor(file)
        await anchor.submit(signed(1))
        await asyncio.to_thread(file.write_bytes, file.read_bytes() + signed(2)[:40])
        await asyncio.gather(*(FileAnchor(file).submit(signed(size)) for size in range(3, 20)))
        first, torn, *rest = (await asyncio.to_thread(file.read_bytes)).splitlines()
        assert (first, torn) == (signed(1), signed(2)[:40])
        assert sorted(rest) == sorted(signed(size) for size in range(3, 20))

    async def test_a_file_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(AnchorFailed, match=r"无法写入.*nowhere/heads.*No such file"):
            await FileAnchor(tmp_path / "nowhere" / "heads.jsonl").submit(signed(1))


class TestHttps(AnchorContract):
    @pytest.fixture
    def notary(self) -> Notary:
        return Notary()

    @pytest.fixture
    async def anchor(self, notary: Notary, http: aiohttp.ClientSession) -> AsyncIterator[Anchor]:
        app = web.Application()
        app.router.add_post("/heads", notary.take)
        async with TestServer(app) as server:
            yield HttpsAnchor(str(server.make_url("/heads?key=sesame")), "sesame", http)

    async def test_the_head_is_given_as_it_is(self, anchor: Anchor, notary: Notary) -> None:
        await anchor.submit(signed(5))
        assert notary.kept == [signed(5)]

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (web.Response(status=503), "answered 503"),
            (web.Response(status=302, headers={"Location": "/heads"}), "answered 302"),
            (web.Response(body=b""), "empty"),
            (web.Response(body=b"{" * 100), "no receipt"),
            (web.Response(body=b"[" * 60_000), "no receipt"),
            (web.json_response({"sha256": "0" * 64}), "no receipt"),
            (web.Response(body=b" " * 100_000), "longer than"),
        ],
    )
    async def test_any_other_answer_is_a_failure(
        self, anchor: Anchor, notary: Notary, answer: web.Response, reason: str
    ) -> None:
        notary.answer = answer
        with pytest.raises(AnchorFailed, match=reason) as told:
            await anchor.submit(signed(5))
        assert "sesame" not in str(told.value)

    async def test_nobody_there(self, http: aiohttp.ClientSession) -> None:
        with pytest.raises(AnchorFailed, match="cannot reach"):
            await HttpsAnchor("http://127.0.0.1:1/", "", http).submit(signed(1))


class TestRfc3161(AnchorContract):
    @pytest.fixture
    async def authority(self, tmp_path: Path) -> AsyncIterator[tuple[TimeStamper, str]]:
        async with time_stamper(tmp_path) as made:
            yield made

    @pytest.fixture
    async def anchor(self, authority: tuple[TimeStamper, str], http: aiohttp.ClientSession) -> Anchor:
        made, url = authority
        return Rfc3161Anchor(url + "?key=sesame", await roots(made.ca), http)

    async def test_openssl_says_the_same(self, anchor: Anchor, authority: tuple[TimeStamper, str]) -> None:
        folder = authority[0].folder
        evidence = await anchor.submit(signed(9))
        for data, code in ((signed(9), 0), (signed(8), 1)):
            (folder / "head").write_bytes(data)
            (folder / "stamp").write_bytes(evidence)
            words = ("ts", "-verify", "-in", "stamp", "-data", "head", "-CAfile", "ca.pem")
            checked = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False)
            assert checked.returncode == code

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [("busy", "answered 503"), ("garbage", "no valid"), ("empty", "empty"), ("other", "no valid time stamp")],
    )
    async def test_an_answer_that_proves_nothing_is_a_failure(
        self, anchor: Anchor, authority: tuple[TimeStamper, str], fault: str, reason: str
    ) -> None:
        authority[0].fault = fault
        with pytest.raises(AnchorFailed, match=reason) as told:
            await anchor.submit(signed(1))
        assert "sesame" not in str(told.value)

    async def test_a_stamp_by_somebody_else_is_none(
        self, authority: tuple[TimeStamper, str], http: aiohttp.ClientSession, tmp_path: Path
    ) -> None:
        (tmp_path / "other").mkdir()
        async with time_stamper(tmp_path / "other") as (stranger, _):
            with pytest.raises(AnchorFailed, match="no valid time stamp"):
                await Rfc3161Anchor(authority[1], await roots(stranger.ca), http).submit(signed(1))


async def roots(file: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(await asyncio.to_thread(file.read_bytes))
