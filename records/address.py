"""Addresses of stores as they may be shown: a password never stands in an error or a log."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown(url: str) -> str:
    """The address without user, password and options; the scheme alone where it cannot be told what is what."""
    scheme = url.partition(":")[0]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"{scheme}://…"
    if "@" in parts.path or "@" in parts.fragment or parts.netloc.count("@") > 1:
        return f"{scheme}://…"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{parts.path}"


def is_plain(url: str) -> bool:
    """Whether user and password can be told from the rest: `@ : / ? #` in them must be percent-encoded."""
    return not shown(url).endswith("…")
