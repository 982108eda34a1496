"""What ids, texts and hashes in a leaf may look like (docs/ballot-log.md, section 2)."""

from __future__ import annotations

import re
import unicodedata

from hearing.errors import Refused

MAX_TEXT_CHARS = 500
BLOC_PREFIX = "bloc:"

_is_id = re.compile(r"[A-Za-z0-9._:-]{1,64}").fullmatch
_is_sha256 = re.compile(r"[0-9a-f]{64}").fullmatch
_is_salt = re.compile(r"[0-9a-f]{32}").fullmatch


def is_id(text: str) -> bool:
    """Whether it may stand where the log names a person or thing."""
    return _is_id(text) is not None


def is_creditor_id(text: str) -> bool:
    """Whether it may be a creditor's: no unit of a bloc can be taken for one."""
    return _is_id(text) is not None and not text.startswith(BLOC_PREFIX)


def check_id(what: str, text: str) -> None:
    """Raises Refused `bad-id`."""
    if _is_id(text) is None:
        raise Refused("bad-id", f"编号不合规：{what}", f"{what} is not an id of 1 to 64 of A-Z a-z 0-9 . _ : -")


def check_creditor_id(what: str, text: str) -> None:
    """Raises Refused `bad-id`."""
    check_id(what, text)
    if text.startswith(BLOC_PREFIX):
        raise Refused("bad-id", f"编号不合规：{what}", f"{what} may not begin with {BLOC_PREFIX}")


def check_sha256(what: str, text: str) -> None:
    """Raises Refused `bad-hash`."""
    if _is_sha256(text) is None:
        raise Refused("bad-hash", f"摘要不合规：{what}", f"{what} is not a hash of 64 hex digits")


def check_salt(text: str) -> None:
    """ValueError: salts are our own."""
    if _is_salt(text) is None:
        raise ValueError("a salt has 32 hex digits")


def check_text(zh: str, en: str, text: str, *, needed: bool = True) -> None:
    """Raises Refused `bad-text`: empty where something is needed, too long, or with control characters."""
    if needed and not text.strip():
        raise Refused("bad-text", f"请填写{zh}", f"{en} is needed")
    if len(text) > MAX_TEXT_CHARS or any(unicodedata.category(each) in {"Cc", "Cs"} for each in text):
        raise Refused(
            "bad-text",
            f"{zh}不得超过{MAX_TEXT_CHARS}字，且不得含控制字符",
            f"{en} has at most {MAX_TEXT_CHARS} characters and no control characters",
        )
