"""The doors: every address of the product answers with a page, and the court's own emblem stands on it."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from config import SettingsError
from signaling.http import security_headers
from signaling.pages import DOORS, EMBLEM, Pages, load_emblem

pytestmark = pytest.mark.unit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


Served = tuple[int, str, bytes, str]


async def served(emblem: Path | None, path: str, headers: dict[str, str] | None = None) -> Served:
    """Status, content type, body and ETag of one request."""
    pages = Pages(str(emblem) if emblem else "")
    await pages.load()
    app = web.Application()
    app.add_routes(pages.routes())
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as http,
        http.get(server.make_url(path), headers=headers) as answer,
    ):
        return answer.status, answer.content_type, await answer.read(), answer.headers["ETag"]


@pytest.mark.parametrize(("name", "body", "kind"), [("e.svg", SVG, "image/svg+xml"), ("e.png", PNG, "image/png")])
async def test_a_court_shows_its_own_emblem(tmp_path: Path, name: str, body: bytes, kind: str) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    status, content_type, got, etag = await served(file, EMBLEM)
    assert (status, content_type, got) == (200, kind, body)
    assert (await served(file, EMBLEM, {"If-None-Match": etag}))[0] == 304


async def test_without_one_there_is_a_neutral_mark() -> None:
    status, content_type, body, _ = await served(None, EMBLEM)
    assert (status, content_type) == (200, "image/svg+xml")
    assert b"<svg" in body


@pytest.mark.parametrize(
    ("name", "body", "named"),
    [
        ("e.gif", b"GIF89a", "neither"),
        ("e.png", b"<html>", "neither"),
        ("e.svg", b"%PDF", "neither"),
        ("e.svg", SVG + bytes(1_000_001), "larger"),
        ("none.svg", None, "cannot read"),
    ],
)
def test_an_emblem_that_cannot_be_shown_is_named(tmp_path: Path, name: str, body: bytes | None, named: str) -> None:
    file = tmp_path / name
    if body is not None:
        file.write_bytes(body)
    with pytest.raises(SettingsError, match=rf"court\.emblem: .*{named}.*{name}"):
        load_emblem(str(file))


@pytest.mark.parametrize("door", DOORS)
async def test_every_door_is_a_page(door: str) -> None:
    status, content_type, body, _ = await served(None, door.replace("{", "").replace("}", ""))
    assert content_type == "text/html"
    assert status == 200
    assert b'<div id="app">' in body


async def test_only_a_kiosks_page_may_ask_the_card_reader() -> None:
    pages = Pages(card_reader="http://127.0.0.1:18080/card")
    await pages.load()
    app = web.Application(middlewares=[security_headers])
    app.add_routes(pages.routes())
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        for door, asks in (("/kiosk", True), ("/join", False), ("/judge", False)):
            async with http.get(server.make_url(door)) as answer:
                connects = answer.headers["Content-Security-Policy"].split("connect-src ")[1].split(";")[0].split()
                assert ("http://127.0.0.1:18080" in connects) is asks
                assert "'self'" in connects
