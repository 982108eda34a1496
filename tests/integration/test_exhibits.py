"""Exhibits with a live server: handed in, sealed on the disk, reviewed, shown to the room, and refused by name."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from config import load
from hearing import events as ev
from hearing.roles import Role
from hearing.transcript import Line
from records.memory import MemoryStore
from records.vault.sealed_file import is_sealed
from tests.fakes.courthouse import ID, SEATS, Courthouse, Page, courthouse
from tests.fakes.pdfs import coloured_pdf
from yunting.record import exhibit_files, page_pictures
from yunting.record.exhibit_files import DiskExhibits
from yunting.record.recording_keys import open_recording_keys

pytestmark = pytest.mark.integration

PDF = b"%PDF-1.7\n" + b"payment slip " * 9_000 + b"\n%%EOF\n"
"""Is taken in, and none of its pages can be drawn."""
SUBMIT = {"name": "购销合同", "source": "原告", "purpose": "证明欠款事实"}
OBSERVER = ev.Seat(
    participant="01JDG000000000000000000009", seat="observer-1", role=Role.OBSERVER, name="旁听一", required=False
)


@dataclass
class Sitting:
    """A court that sits, with the pages that came."""

    court: Courthouse
    session: str
    pages: dict[str, Page]
    folder: Path

    async def hand_in(self, seat: str, data: bytes | AsyncIterator[bytes]) -> tuple[int, dict[str, Any]]:
        async with self.court.http.post(self._url("/files"), data=data, headers=self._bearer(seat)) as answer:
            return answer.status, dict(await answer.json())

    async def listed(self, seat: str) -> list[dict[str, Any]]:
        async with self.court.http.get(self._url(), headers=self._bearer(seat)) as answer:
            assert answer.status == 200
            return list((await answer.json())["exhibits"])

    async def opened(self, seat: str, number: int = 1) -> tuple[int, bytes, str]:
        async with self.court.http.get(self._url(f"/{number}/file"), headers=self._bearer(seat)) as answer:
            return answer.status, await answer.read(), answer.content_type

    async def page(self, seat: str, page: int, number: int = 1) -> tuple[int, bytes]:
        url = self._url(f"/{number}/pages/{page}")
        async with self.court.http.get(url, headers=self._bearer(seat)) as answer:
            return answer.status, await answer.read()

    def minutes(self) -> list[Line]:
        return list(self.court.room(self.session).minutes.transcript.shown())

    async def submit(self, seat: str, data: bytes = PDF) -> dict[str, Any]:
        status, taken = await self.hand_in(seat, data)
        assert status == 201, taken
        return await self.pages[seat].do("exhibit_submit", sha256=taken["sha256"], **SUBMIT)

    def files(self) -> list[Path]:
        return sorted((self.folder / self.session / "exhibits").glob("[!.]*"))

    def files_hidden(self) -> list[Path]:
        return sorted((self.folder / self.session / "exhibits").glob(".*"))

    def _url(self, path: str = "") -> str:
        return f"{self.court.url}/api/v1/sessions/{self.session}/exhibits{path}"

    def _bearer(self, seat: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pages[seat].welcome['credential']}"}


@pytest.fixture(params=["sealed", "open"])
async def sitting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Sitting]:
    settings = await asyncio.to_thread(
        load,
        None,
        {
            "YUNTING_STORAGE_FOLDER": str(tmp_path),
            "YUNTING_STORAGE_ENCRYPT": "true" if request.param == "sealed" else "false",
        },
    )
    store = MemoryStore()
    keys = await open_recording_keys(settings, store)
    folder = tmp_path / "recordings"
    files = DiskExhibits(lambda session: folder / session, keys)
    limits = {"YUNTING_LIMITS_EXHIBIT_BYTES": str(1 << 20)}
    async with courthouse(store, exhibits=files, environment=limits) as court:
        session = await court.session(seats=(*SEATS, OBSERVER))
        pages = {seat: await court.connect(session, seat) for seat in ("judge", "clerk", "plaintiff", "defendant")}
        pages["observer"] = await court.connect(session, OBSERVER.participant)
        await pages["clerk"].do("move", move="gather")
        done = await pages["judge"].do("move", move="open", override="人员未齐")
        assert done["type"] == "done", done
        yield Sitting(court, session, pages, folder)


async def test_from_the_partys_page_to_the_room(sitting: Sitting, request: pytest.FixtureRequest) -> None:
    assert (await sitting.submit("plaintiff"))["type"] == "done"
    (file,) = sitting.files()
    sealed = "sealed" in request.node.callspec.id
    assert await asyncio.to_thread(is_sealed, file) == sealed
    assert (b"payment slip" in await asyncio.to_thread(file.read_bytes)) == (not sealed)
    (row,) = await sitting.listed("clerk")
    assert (row["number"], row["name"], row["kind"], row["state"]) == (1, "购销合同", "pdf", "submitted")
    assert row["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert await sitting.listed("defendant") == []
    assert (await sitting.opened("defendant"))[0] == 404
    for seat in ("judge", "plaintiff"):
        assert await sitting.opened(seat) == (200, PDF, "application/pdf")

    assert (await sitting.pages["clerk"].do("exhibit_state", number=1, state="reviewed"))["type"] == "done"
    assert (await sitting.opened("defendant"))[:2] == (200, PDF)
    assert (await sitting.opened("observer"))[0] == 404
    shown = await sitting.pages["judge"].do("exhibit_show", number=1)
    assert shown["type"] == "done", shown
    assert [line.text for line in sitting.minutes()] == ["【证据1】"]
    told = await sitting.pages["observer"].update("exhibit.shown")
    assert told["event"] == {"type": "exhibit.shown", "number": 1, "sha256": row["sha256"], "page": 1}
    assert told["hearing"]["exhibit"] == {
        "number": 1, "name": "购销合同", "kind": "pdf", "sha256": row["sha256"], "pages": 0, "page": 1,
    }  # fmt: skip
    assert (await sitting.page("observer", 1))[0] == 404
    assert (await sitting.opened("observer"))[:2] == (200, PDF)
    said = await sitting.pages["defendant"].do(
        "exhibit_opinion", number=1, authenticity="admit", legality="admit", relevance="deny", text="与本案无关"
    )
    assert said["type"] == "done", said
    (row,) = await sitting.listed("judge")
    assert (row["state"], row["shown"]) == ("presented", True)
    assert row["opinions"][0]["participant"] == ID["defendant"]

    await sitting.pages["judge"].do("move", move="recess", reason="休息")
    await sitting.pages["observer"].update("exhibit.hidden")
    assert (await sitting.opened("observer"))[0] == 404
    await sitting.pages["judge"].do("move", move="close")
    late = await sitting.pages["judge"].do("exhibit_show", number=1)
    assert late["code"] == "not-open"
    assert (await sitting.hand_in("plaintiff", PDF))[1]["error"] == "not-open"
    assert (await sitting.opened("clerk"))[0] == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 404, "no-file"),
        (b"<html><script>", 415, "exhibit-kind"),
        (b"%PDF-1.7 cut", 400, "exhibit-damaged"),
        (bytes(1 << 20) + b"more", 413, "too-large"),
    ],
)
async def test_a_bad_file_is_refused_by_name_and_leaves_nothing(
    data: bytes, status: int, code: str, sitting: Sitting
) -> None:
    answered, body = await sitting.hand_in("plaintiff", data)
    assert (answered, body["error"]) == (status, code)
    assert body["message"]
    assert sitting.files() == []
    refused = await sitting.pages["plaintiff"].do("exhibit_submit", sha256="0" * 64, **SUBMIT)
    assert refused["code"] == "no-file"


async def test_the_judge_turns_the_pages_of_a_pdf_for_everybody(sitting: Sitting) -> None:
    red, blue = (255, 0, 0), (0, 0, 255)
    await sitting.submit("plaintiff", coloured_pdf(red, blue))
    assert (await sitting.page("defendant", 1))[0] == 404
    await sitting.pages["clerk"].do("exhibit_state", number=1, state="reviewed")
    await sitting.pages["judge"].do("exhibit_show", number=1)
    assert (await sitting.listed("judge"))[0]["pages"] == 2
    await sitting.pages["judge"].do("exhibit_show", number=1, page=2)
    async with asyncio.timeout(20):
        while (told := await sitting.pages["observer"].update("exhibit.shown"))["event"]["page"] != 2:
            pass
    assert (told["hearing"]["exhibit"]["page"], told["hearing"]["exhibit"]["pages"]) == (2, 2)
    for page, colour in ((1, red), (2, blue)):
        status, jpeg = await sitting.page("observer", page)
        assert status == 200
        image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
        assert image.size == (2_000, 1_000)
        seen = image.getpixel((900, 500))
        assert isinstance(seen, tuple)
        assert all(abs(one - other) < 9 for one, other in zip(seen, colour, strict=True))
    for page in (0, 3):
        assert (await sitting.page("judge", page))[0] == 404
    assert (await sitting.pages["judge"].do("exhibit_show", number=1, page=3))["code"] == "exhibit-page"


async def test_an_upload_that_is_cut_off_leaves_nothing(sitting: Sitting) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield PDF[:4_000]
        async with asyncio.timeout(20):
            while not list(sitting.files_hidden()):
                await asyncio.sleep(0.01)
        raise ConnectionResetError

    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await sitting.hand_in("plaintiff", torn())
    async with asyncio.timeout(20):
        while sitting.files() or sitting.files_hidden():
            await asyncio.sleep(0.01)
    assert (await sitting.submit("plaintiff"))["type"] == "done"


async def test_a_full_disk_is_said_in_words_and_leaves_nothing(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exhibit_files._Draft, "write", full)
    status, body = await sitting.hand_in("plaintiff", PDF)
    assert (status, body["error"]) == (507, "disk-full")
    assert sitting.files() == sitting.files_hidden() == []
    monkeypatch.undo()
    assert (await sitting.submit("plaintiff"))["type"] == "done"


async def test_a_pdf_whose_pages_cannot_be_counted_leaves_nothing(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*_: object) -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(page_pictures, "count_pages", no_process)
    assert (await sitting.hand_in("plaintiff", PDF))[0] == 500
    assert sitting.files() == sitting.files_hidden() == []


async def test_what_a_killed_server_left_half_taken_goes_with_the_next_file(sitting: Sitting) -> None:
    folder = sitting.folder / sitting.session / "exhibits"
    folder.mkdir(parents=True)
    (folder / ".01JDG0000000000000000000EX").write_bytes(b"%PDF half")
    assert (await sitting.submit("plaintiff"))["type"] == "done"
    assert sitting.files_hidden() == []
    assert len(sitting.files()) == 1


async def test_a_file_that_is_gone_is_said_in_words(sitting: Sitting) -> None:
    await sitting.submit("plaintiff")
    sitting.files()[0].unlink()
    assert (await sitting.opened("clerk"))[0] == 404


async def test_who_hands_in_and_does_not_submit_holds_one_place_only(sitting: Sitting) -> None:
    for number in range(3):
        await sitting.hand_in("plaintiff", PDF.replace(b"slip", b"note", number))
    assert len(sitting.files()) == 1
    files = (PDF.replace(b"slip", b"bill", number) for number in range(3))
    await asyncio.gather(*(sitting.hand_in("plaintiff", file) for file in files))
    assert len(sitting.files()) == 1
    assert (await sitting.hand_in("observer", PDF))[1]["error"] == "no-right"
    assert (await sitting.submit("plaintiff"))["type"] == "done"
    again = await sitting.submit("plaintiff")
    assert again["code"] == "exhibit-twice"
