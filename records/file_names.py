"""Names of files that every system takes, made from any text. Pure."""

from __future__ import annotations

import unicodedata

_FORBIDDEN = set('<>:"/\\|?*%\x7f\u2028\u2029') | {chr(code) for code in (*range(32), *range(0x80, 0xA0))}
"""What some system refuses in a name. `%` is `%25` in a manifest (RFC 8493, 2.1.3), which not all readers of bags
know; what ends a line for one of them would cut a manifest's line."""
_EDGES = "." + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
"""Windows takes no dot or blank at the end; readers of bags take blanks off both ends."""
_RESERVED = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "CONIN$",
    "CONOUT$",
    *(f"{n}{i}" for n in ("COM", "LPT") for i in "0123456789¹²³"),
}
"""Names of devices, whatever ending follows."""
LONGEST_NAME_BYTES = 240
"""Of the 255 that Linux takes; what is hidden or split has a longer name."""


def safe_name(text: str, fallback: str = "_", limit: int = 80) -> str:
    """A file name that Windows, macOS and Linux take: forbidden characters become `_`, NFC, not reserved."""
    kept = "".join("_" if c in _FORBIDDEN else c for c in unicodedata.normalize("NFC", text))
    kept = kept[:limit]
    while len(kept.encode("utf-8", "replace")) > LONGEST_NAME_BYTES:
        kept = kept[:-1]
    kept = kept.strip(_EDGES)
    if kept.split(".")[0].rstrip().upper() in _RESERVED:
        kept = f"_{kept}"
    return kept or fallback


def is_safe_path(path: str) -> bool:
    """Whether a relative path, parts joined by `/`, stays below its folder and is made of safe names."""
    return all(part == safe_name(part, fallback="", limit=200) != "" for part in path.split("/"))
