"""The settings' anchors put together: whom the signed heads of creditors' meetings are given to, outside."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from cryptography.x509 import Certificate, load_pem_x509_certificates

from config import SettingsError
from config.settings import Settings
from records.address import shown
from records.anchors.file import FileAnchor
from records.anchors.https import HttpsAnchor
from records.anchors.port import Anchor
from records.anchors.rfc3161 import Rfc3161Anchor


async def open_anchors(settings: Settings, stack: AsyncExitStack) -> tuple[Anchor, ...]:
    """Those that the settings name; `stack` closes their connections. Nothing is asked of them yet. Raises
    SettingsError."""
    told = settings.anchors
    found: list[Anchor] = []
    if told.file:
        path = Path(told.file)
        if not await asyncio.to_thread(path.parent.is_dir):
            raise SettingsError(f"anchors.file: 没有目录 / no such folder: {path.parent}")
        found.append(FileAnchor(path))
    if not (told.rfc3161_url or told.https_url):
        return tuple(found)
    http = await stack.enter_async_context(aiohttp.ClientSession())
    if told.rfc3161_url:
        _address("anchors.rfc3161_url", told.rfc3161_url, plain=True)
        roots = await asyncio.to_thread(_roots, told.rfc3161_ca)
        found.append(Rfc3161Anchor(told.rfc3161_url, roots, http))
    if told.https_url:
        _address("anchors.https_url", told.https_url, plain=False)
        found.append(HttpsAnchor(told.https_url, told.https_token, http))
    return tuple(found)


def _roots(file: str) -> list[Certificate]:
    if not file:
        raise SettingsError(
            "anchors.rfc3161_ca: 需要时间戳机构的根证书 / the root of the authority's certificate is needed: "
            "a stamp that nobody can check proves nothing"
        )
    try:
        return load_pem_x509_certificates(Path(file).read_bytes())
    except OSError as problem:
        raise SettingsError(f"anchors.rfc3161_ca: {file}: {problem.strerror}") from None
    except ValueError:
        raise SettingsError(f"anchors.rfc3161_ca: {file}: 不是 PEM 证书 / no certificate in PEM") from None


def _address(key: str, url: str, *, plain: bool) -> None:
    """`plain`: what is answered is signed, so http:// will do."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.scheme not in {"http", "https"}:
        raise SettingsError(f"{key}: {shown(url)}: 应为 https:// 地址 / an address with https:// is needed")
    if parts.scheme == "http" and not plain and not _is_here(host):
        raise SettingsError(f"{key}: {shown(url)}: 仅本机可用 http:// / http:// to this machine only")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
