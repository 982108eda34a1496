"""Numbers of identity documents: is it well formed, whose birthday is in it, how may it be shown.

- `resident_id`: GB 11643-1999, 18 digits of which the last may be X: check digit by ISO 7064 MOD 11-2, province,
birth
  date. The 15 digits of the first generation become 18. Permits of residents of Hong Kong, Macao and Taiwan (81, 82,
  83) and of foreign permanent residents (9, then the province) are numbered the same way.
- `passport`: ICAO 9303, up to nine letters and digits; nothing can be computed.
- `uscc`: unified social credit code, GB 32100-2015: 18 characters, check character modulo 31.
- `other`: letters, digits and Chinese characters, for the clerk to look at.

A number that passes is possible, not real: only the registry knows (`identity.registry`). Pure; time is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from hearing.errors import UserError

CONSENT_AGE = 14
"""Years; below it a guardian consents to the use of a face (PIPL art. 31)."""
OLDEST_YEARS = 130
LONGEST = 64
"""Characters; more is refused unread."""

_CHINA = timezone(timedelta(hours=8))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    map(
        str,
        (
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
        ),
    )
)
_FOREIGN = "9"
"""First digit of a foreign permanent resident's card since 2023; its province comes second."""
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_OLD, _NEW = re.compile(r"[0-9]{15}"), re.compile(r"[0-9]{17}[0-9X]")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
_USCC = re.compile(rf"[{_CREDIT}]{{2}}[0-9]{{6}}[{_CREDIT}]{{10}}")
_OTHER = re.compile(r"[A-Z0-9\u4e00-\u9fff]{4,40}")
_BLANKS = re.compile(r"[\s\-\u2010-\u2015\u00b7]+")


class DocumentKind(StrEnum):
    """What somebody shows."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    USCC = "uscc"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Document:
    """A number that is well formed. `number` is normalised and goes nowhere but to the registry and the keyed hash;
    `masked` may be shown and logged."""

    kind: str
    number: str = field(repr=False)
    masked: str
    minor: bool
    """Under fourteen by the birth date in the number; False where it has none."""


class DocumentReader:
    """Reads numbers as people type them: full-width, lower case, with blanks and hyphens."""

    def read(self, kind: str, number: str, now_utc_ms: int) -> Document:
        """Raises UserError: `document-format`, `document-checksum`, `document-region`, `document-date`. ValueError
        for a kind that is none of `DocumentKind`."""
        wanted = DocumentKind(kind)
        if len(number) > LONGEST:
            raise _format(wanted)
        text = _BLANKS.sub("", unicodedata.normalize("NFKC", number)).upper()
        minor = False
        match wanted:
            case DocumentKind.RESIDENT_ID:
                text, born = _resident(text, now_utc_ms)
                minor = _is_minor(born, now_utc_ms)
            case DocumentKind.USCC:
                _need(_USCC, text, wanted)
                if credit_check(text[:17]) != text[17]:
                    raise _checksum()
            case DocumentKind.PASSPORT:
                _need(_PASSPORT, text, wanted)
            case DocumentKind.OTHER:
                _need(_OTHER, text, wanted)
        return Document(str(wanted), text, mask(text), minor)


def mask(number: str) -> str:
    """The first three and the last four characters; shorter numbers show a third, so that most stays hidden."""
    front, back = (3, 4) if len(number) >= 15 else (len(number) // 6, len(number) // 6)
    return number[:front] + "*" * (len(number) - front - back) + number[len(number) - back :]


def number_index(document: Document, key: bytes) -> str:
    """Finds the same number again without giving it away: HMAC-SHA256, 64 hex digits. A plain hash would not do:
    there are few enough numbers to try them all. ValueError: a key shorter than 16 bytes."""
    if len(key) < 16:
        raise ValueError(f"a key of {len(key)} bytes")
    return hmac.new(key, f"{document.kind}:{document.number}".encode(), hashlib.sha256).hexdigest()


def resident_check(first17: str) -> str:
    """The check digit of 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def credit_check(first17: str) -> str:
    """The check character of a unified social credit code (GB 32100-2015, 3.2.5)."""
    total = sum(_CREDIT.index(sign) * weight for sign, weight in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT[-total % 31]


def _resident(text: str, now_utc_ms: int) -> tuple[str, date]:
    if _OLD.fullmatch(text):
        first = text[:6] + "19" + text[6:]
        text = first + resident_check(first)
    _need(_NEW, text, DocumentKind.RESIDENT_ID)
    if resident_check(text[:17]) != text[17]:
        raise _checksum()
    province = text[1:3] if text[0] == _FOREIGN else text[:2]
    if province not in _PROVINCES:
        raise UserError(
            "document-region",
            "证件号码开头的地区代码不存在，请核对",
            "no province has the code that this number begins with: check it",
        )
    today = _today(now_utc_ms)
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise _birth() from None
    if born > today or today.year - born.year > OLDEST_YEARS:
        raise _birth()
    return text, born


def _is_minor(born: date, now_utc_ms: int) -> bool:
    # An age is reached on the day after the birthday (法释〔2006〕1号, art. 2).
    today = _today(now_utc_ms)
    return (today.year, today.month, today.day) <= (born.year + CONSENT_AGE, born.month, born.day)


def _today(now_utc_ms: int) -> date:
    return datetime.fromtimestamp(now_utc_ms / 1000, _CHINA).date()


def _need(pattern: re.Pattern[str], text: str, kind: DocumentKind) -> None:
    if not pattern.fullmatch(text):
        raise _format(kind)


_SHAPES = {
    DocumentKind.RESIDENT_ID: (
        "居民身份证号码为 18 位（最后一位可为 X）",
        "an identity number has 18 digits (the last may be X)",
    ),
    DocumentKind.PASSPORT: ("护照号码为 5 至 9 位字母和数字", "a passport number has 5 to 9 letters and digits"),
    DocumentKind.USCC: ("统一社会信用代码为 18 位", "a unified social credit code has 18 characters"),
    DocumentKind.OTHER: ("证件号码为 4 至 40 位字母、数字或汉字", "4 to 40 letters, digits or Chinese characters"),
}


def _format(kind: DocumentKind) -> UserError:
    zh, en = _SHAPES[kind]
    return UserError("document-format", f"{zh}，请核对", f"{en}: check it")


def _checksum() -> UserError:
    return UserError(
        "document-checksum",
        "证件号码校验位不符，可能有一位填错，请核对",
        "the check digit does not fit, one digit is probably wrong: check the number",
    )


def _birth() -> UserError:
    return UserError(
        "document-date", "证件号码中的出生日期不存在，请核对", "no such birth date as in this number: check it"
    )
