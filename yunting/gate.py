"""The gate's tools, put together from the settings."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from config import Settings, SettingsError
from identity.vault import KEY_BYTES
from signaling.gate_tools import GateTools


def gate_tools(settings: Settings) -> GateTools:
    """Reads or makes the wrapping key: call it off the event loop. Raises SettingsError, OSError."""
    return GateTools(wrapping_key=wrapping_key(settings))


def wrapping_key(settings: Settings) -> bytes:
    """The key that wraps every case's data key: `identity.key`, else the file `identity.key_file`, else a file in the
    storage folder that is made at first use (mode 0600). Raises SettingsError, OSError."""
    if settings.identity.key:
        return _parsed(settings.identity.key, "identity.key")
    if settings.identity.key_file:
        return _from_file(Path(settings.identity.key_file))
    own = Path(settings.storage.folder) / "keys" / "identity.key"
    try:
        return _from_file(own)
    except FileNotFoundError:
        own.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        # Another process made it meanwhile.
        pass
    return _from_file(own)


def _from_file(file: Path) -> bytes:
    with file.open(encoding="ascii", errors="replace") as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        text = opened.read(1_000)
    if mode & 0o077:
        raise SettingsError(f"{file}: 权限 / mode {mode:03o}: 他人可读，请执行 / others may read it, run chmod 600")
    return _parsed(text, str(file))


def _parsed(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        # The key itself is never repeated.
        raise SettingsError(f"{source}: 应为 64 位十六进制 / must be {KEY_BYTES * 2} hex digits")
    return key
