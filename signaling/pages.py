"""The built web pages, served from memory: a request can only name what was loaded, so no path leads out."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from config import SettingsError
from hearing.errors import UserError
from signaling.http import Handler, content_policy, problem_reply

DIST = Path(__file__).parent.parent / "kiosk_client" / "dist"

DOORS: dict[str, str] = {
    "/": "index",
    "/join/{code}": "join",
    "/join": "join",
    "/kiosk": "kiosk",
    "/judge": "judge",
    "/clerk": "clerk",
    "/search": "search",
    "/archive": "archive",
    "/supervise": "supervise",
    "/operator": "signin",
    "/signin": "signin",
    "/meeting/{id}": "meeting",
    "/meetings": "meetings",
    "/meetings/{id}/display": "meetingwall",
    "/display/{session}": "display",
    "/display": "display",
    "/observe/{session}": "observe",
    "/verify": "verify",
}
"""Route of each page -> name of its file in `dist/pages`."""

EMBLEM = "/assets/emblem"
_EMBLEM_BYTES = 1_000_000

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One built file."""

    body: bytes
    content_type: str
    etag: str


def load(folder: Path = DIST) -> dict[str, Asset]:
    """Every file of the built pages by its path below `folder`; empty when they were not built. Blocks."""
    return {path.relative_to(folder).as_posix(): _asset(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, kind, hashlib.sha256(body).hexdigest()[:32])


def load_emblem(file: str) -> Asset:
    """The court's own emblem (setting `court.emblem`). Blocks. Raises SettingsError naming what is wrong with it."""
    try:
        asset = _asset(Path(file))
    except OSError as problem:
        raise SettingsError(f"court.emblem: 无法读取 / cannot read {file}: {problem.strerror}") from None
    if len(asset.body) > _EMBLEM_BYTES:
        raise SettingsError(f"court.emblem: 文件过大 / larger than {_EMBLEM_BYTES} bytes: {file}")
    is_png = asset.content_type == "image/png" and asset.body.startswith(b"\x89PNG\r\n\x1a\n")
    is_svg = asset.content_type == "image/svg+xml" and b"<svg" in asset.body
    if not (is_png or is_svg):
        raise SettingsError(f"court.emblem: 不是 SVG 或 PNG 图片 / neither an SVG nor a PNG picture: {file}")
    return asset


class Pages:
    """Routes of the doors and of the files they need. `emblem` is the path of the court's own, empty for none;
    `card_reader` what a kiosk's page, and no other, may ask besides us."""

    def __init__(self, emblem: str = "", card_reader: str = "") -> None:
        self._emblem_file = emblem
        self._card_reader = "{0.scheme}://{0.netloc}".format(urlsplit(card_reader)) if card_reader else ""
        self._emblem: Asset | None = None
        self._assets: dict[str, Asset] = {}

    async def load(self) -> None:
        """Read the built pages from disk; until then every page is 404. Again after `make pages`: idempotent.

        Raises SettingsError for an emblem that cannot be shown.
        """
        self._assets = await asyncio.to_thread(load)
        if self._emblem_file:
            self._emblem = await asyncio.to_thread(load_emblem, self._emblem_file)

    def routes(self) -> list[web.RouteDef]:
        """One route for each door, one for everything under `/assets/`."""
        doors = [web.get(route, self._door(name)) for route, name in DOORS.items()]
        return [
            *doors,
            web.get(EMBLEM, self._court_emblem),
            web.get("/assets/{path:.+}", self._file),
            web.get("/favicon.ico", self._mark),
            web.get("/verify-offline.js", self._offline),
        ]

    def _door(self, name: str) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            asset = self._assets.get(f"pages/{name}.html")
            if asset is None:
                missing = UserError("not-found", "页面尚未构建", "this page is not built: run make pages")
                return problem_reply(missing, "pages")
            answer = _answer(request, asset, "no-cache")
            if name == "kiosk":
                answer.headers["Content-Security-Policy"] = content_policy(request, self._card_reader)
            return answer

        return handler

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._assets.get("assets/" + request.match_info["path"])
        if asset is None:
            return problem_reply(UserError("not-found", "没有这个文件", "there is no such file"), "pages")
        # Vite puts a hash into the name of all that changes.
        return _answer(request, asset, "public, max-age=31536000, immutable")

    async def _offline(self, request: web.Request) -> web.Response:
        """The service worker of `/verify`, of no other page: at the root, because its scope is that address."""
        asset = self._assets.get("verify-offline.js")
        if asset is None:
            return problem_reply(UserError("not-found", "没有这个文件", "there is no such file"), "pages")
        return _answer(request, asset, "no-cache")

    async def _court_emblem(self, request: web.Request) -> web.Response:
        return _answer(request, self._emblem, "no-cache") if self._emblem else await self._mark(request)

    async def _mark(self, request: web.Request) -> web.Response:
        asset = self._assets.get("assets/mark.svg")
        return _answer(request, asset, "no-cache") if asset is not None else web.Response(status=204)


def _answer(request: web.Request, asset: Asset, cache: str) -> web.Response:
    tag = f'"{asset.etag}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if asset.content_type.startswith("text/") else None
    return web.Response(body=asset.body, content_type=asset.content_type, charset=charset, headers=headers)
