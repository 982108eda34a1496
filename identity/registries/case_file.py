"""What the court itself has filed: names, keyed hashes of document numbers and photos of a case's people."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Protocol

from hearing.documents import Document, number_index
from identity.ports import RegistryAnswer

_IGNORED = "·•・‧. "
"""Dots within names of minorities and foreigners are typed in several ways."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Somebody in a case file."""

    name: str
    photo: bytes | None = field(default=None, repr=False)


class CaseFile(Protocol):
    """Where the filed people are looked up."""

    async def find(self, index_hmac: str) -> Filed | None:
        """By `hearing.documents.number_index`; None where nobody is filed under it."""


class CaseFileRegistry:
    """Implements `identity.ports.Registry` over a case file. Whoever is not in it is `unknown`, not refused: the
    file is not the country's register. `key` is that of the indexes."""

    def __init__(self, file: CaseFile, key: bytes) -> None:
        self._file = file
        self._key = key

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        """`yes` with the filed photo when the name is the filed one, `no` when it is another's number."""
        filed = await self._file.find(number_index(document, self._key))
        if filed is None:
            return RegistryAnswer("unknown", "case_file")
        if same_name(filed.name, name):
            return RegistryAnswer("yes", "case_file", filed.photo)
        return RegistryAnswer("no", "case_file")


def same_name(one: str, other: str) -> bool:
    """Whether two ways of writing mean one name: width, case, blanks and the dots within names do not count."""
    return _plain(one) == _plain(other) != ""


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in text if sign not in _IGNORED and not sign.isspace())
