"""What every real-name registry promises. A runner gives `registry` and says whether it `knows` anybody."""

from __future__ import annotations

import asyncio

import pytest

from hearing.documents import DocumentReader
from identity.ports import Registry

NOW_MS = 1_795_000_000_000
NAME, NUMBER = "张三丰", "11010519491231002X"
DOCUMENT = DocumentReader().read("resident_id", NUMBER, NOW_MS)
STRANGER = DocumentReader().read("resident_id", "911124198108030024", NOW_MS)
PHOTO = b"\xff\xd8 photo of the file" * 5


class RegistryContract:
    knows = True
    stranger = "unknown"
    """What is said of a number that nobody has."""

    async def test_the_right_name_is_a_match(self, registry: Registry) -> None:
        answer = await registry.verify(NAME, DOCUMENT)
        assert answer.match == ("yes" if self.knows else "unknown")
        assert answer.photo == (PHOTO if self.knows else None)
        assert answer.source

    async def test_another_name_is_none(self, registry: Registry) -> None:
        answer = await registry.verify("李四", DOCUMENT)
        assert answer.match == ("no" if self.knows else "unknown")
        assert answer.photo is None

    async def test_somebody_nobody_knows(self, registry: Registry) -> None:
        assert (await registry.verify("李四", STRANGER)).match == self.stranger

    async def test_the_same_question_has_the_same_answer(self, registry: Registry) -> None:
        first, second = [await registry.verify(NAME, DOCUMENT) for _ in range(2)]
        assert first == second

    async def test_many_at_once(self, registry: Registry) -> None:
        answers = await asyncio.gather(*(registry.verify(NAME, DOCUMENT) for _ in range(20)))
        assert len(set(answers)) == 1

    @pytest.mark.parametrize("name", ["", " ", "\x00", "名" * 500, "<script>", "Robert'); DROP TABLE people;--"])
    async def test_odd_names_are_nobodys(self, registry: Registry, name: str) -> None:
        assert (await registry.verify(name, DOCUMENT)).match in {"no", "unknown"}
