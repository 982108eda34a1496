"""The committed pages are built from the committed sources; checked without Node."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

import kiosk_client

pytestmark = pytest.mark.unit

HOME = Path(kiosk_client.__file__).parent
FILES = ("package-lock.json", "package.json", "stamp.mjs", "tsconfig.json", "vite.config.ts")
ROOTS = ("pages", "src", "public")
DOORS = {
    "index",
    "join",
    "kiosk",
    "judge",
    "clerk",
    "display",
    "observe",
    "signin",
    "meeting",
    "meetings",
    "meetingwall",
    "search",
    "verify",
}
MEETING_BYTES = 60_000
"""Most of what a creditor's phone loads before it can sign in, gzipped: 118,738 of them do."""


def source_hash() -> str:
    """The same hash as `stamp.mjs` writes: path, NUL, SHA-256 of the content, line feed, in order of the paths."""
    paths = [HOME / name for name in FILES]
    for root in ROOTS:
        paths += [path for path in (HOME / root).rglob("*") if path.is_file()]
    named = sorted(path.relative_to(HOME).as_posix() for path in paths if not re.search(r"\.test\.tsx?$", path.name))
    total = hashlib.sha256()
    for name in named:
        total.update(f"{name}\0{hashlib.sha256((HOME / name).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def test_built_pages_match_their_sources() -> None:
    stamped = (kiosk_client.PAGES / "source.sha256").read_text().strip()
    assert stamped == source_hash(), "the pages changed: run `make pages` and commit kiosk_client/dist"


def test_every_door_is_built_and_asks_for_nothing_outside() -> None:
    built = {path.stem: path.read_text() for path in (kiosk_client.PAGES / "pages").glob("*.html")}
    assert built.keys() >= DOORS
    for name, html in built.items():
        addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert addresses, name
        for address in addresses:
            assert address.startswith("/assets/"), f"{name} asks for {address}"
            assert (kiosk_client.PAGES / address.lstrip("/")).is_file(), f"{name}: {address} is missing"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", html), f"{name} has inline code"


def test_the_lock_carries_no_download_address() -> None:
    assert "resolved" not in (HOME / "package-lock.json").read_text()


def test_a_creditors_phone_loads_little_before_it_signs_in() -> None:
    page = kiosk_client.PAGES / "pages" / "meeting.html"
    addresses = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', page.read_text()))
    assert any(address.endswith(".js") for address in addresses)
    files = [page, *(kiosk_client.PAGES / address for address in addresses)]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= MEETING_BYTES
