"""What a gate says of people: a whole pass with real faces, a registry and an SMS service that fail now and then, and
afterwards everything that the program wrote or sent is searched for numbers, codes, pictures and vectors."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import structlog

from config import load
from identity.code_sender import HttpCodeSender
from identity.images import read_picture
from identity.pool import FacePool
from identity.ports import ChallengeResult, Matcher
from identity.registries.http import HttpRegistry
from identity.score import decode
from records.sqlite import SqliteStore
from signaling.gate.tools import GateTools
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import NUMBER, OTHER_NUMBER, WRAPPING_KEY
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, gated, leave
from tests.fakes.registry_server import SECRET, RegistryServer
from tests.fakes.sms_server import SECRET as SMS_SECRET
from tests.fakes.sms_server import SmsServer
from yunting.engines import live_engine
from yunting.gate import LateMatcher
from yunting.logs import set_up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PHONE = "13900001234"


@dataclass
class World:
    """A court whose gate has real faces, and its neighbours."""

    gate: GatedCourt
    registry: RegistryServer
    sms: SmsServer
    photo: bytes
    live: ChallengeResult
    store: SqliteStore
    matcher: Faulty
    secrets: dict[str, bytes] = field(default_factory=dict)

    def know(self, name: str, secret: bytes | str) -> None:
        self.secrets[name] = secret.encode() if isinstance(secret, str) else secret


@dataclass
class Faulty:
    """The real matcher; while `broken` it fails as a bug of ours would, with what it was given in its words."""

    inner: Matcher
    broken: bool = False

    async def match(self, frames: Any, reference: bytes) -> Any:
        return await self.inner.match(frames, reference)

    async def check_reference(self, picture: bytes) -> bytes:
        if self.broken:
            middle = len(picture) // 2
            raise ValueError(f"cannot read {picture[middle : middle + 60]!r}")
        return await self.inner.check_reference(picture)

    async def jpeg(self, picture: Any) -> bytes:
        return await self.inner.jpeg(picture)


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that this process logs or prints, at the most talkative level."""
    set_up()
    written = io.StringIO()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(written),
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=False,
    )
    caplog.set_level(logging.DEBUG)

    def so_far() -> str:
        return written.getvalue() + caplog.text + "".join(capfd.readouterr())

    return so_far


@asynccontextmanager
async def world(tmp_path: Path, data_dir: Path, level: str) -> AsyncIterator[World]:
    photos = data_dir / "faces" / "photos"
    photo, again = [(photos / name).read_bytes() for name in ("obama.jpg", "obama2.jpg")]
    frame = read_picture(again)
    registry, sms = RegistryServer(people={NUMBER: ("张三丰", None)}), SmsServer()
    store = await SqliteStore.open(tmp_path / "yunting.db")
    pool = FacePool(workers=1, waiting=4)
    settings = await asyncio.to_thread(load, None, {"YUNTING_STORAGE_FOLDER": str(tmp_path)})
    matcher = Faulty(LateMatcher(live_engine(settings), pool, cohort=lambda: None))

    def now() -> int:
        return time.time_ns() // 1_000_000

    try:
        async with aiohttp.ClientSession() as http:
            tools = GateTools(
                wrapping_key=WRAPPING_KEY,
                registry=HttpRegistry(http, await registry.start(), SECRET, now),
                codes=HttpCodeSender(http, await sms.start(), SMS_SECRET, now),
                matcher=matcher,
                pool=pool.executor,
            )
            async with courthouse(store, environment=FACE, gate=tools) as court:
                gate = await gated(court, level)
                await gate.clerk.enter(gate.session)
                live = ChallengeResult(passed=True, frames=(frame,) * 3)
                yield World(gate, registry, sms, photo, live, store, matcher)
                await leave(gate)
    finally:
        await registry.stop()
        await sms.stop()
        pool.close()
        await store.close()


async def file_of(w: World, **filed: str) -> None:
    status, _ = await w.gate.clerk.gate(w.gate.session, w.gate.visitor.participant, "file", filed, method="PUT")
    assert status == 200


async def keep_secrets_of(w: World, who: Visitor) -> None:
    """What the vault hands out is what must be found nowhere else."""
    _, data = await w.gate.clerk.gate(who.session, who.participant, "data", method="GET")
    for item in data["kept"]:
        opened = base64.b64decode(item["base64"])
        w.know(item["purpose"], opened)
        if item["purpose"] == "template":
            vector = struct.unpack("<128f", decode(opened).vector)
            w.know("vector", struct.pack("<8f", *vector[4:12]))
            w.know("vector as doubles", struct.pack("<8d", *vector[4:12]))
            w.know("vector as text", f"{vector[4]:.6f}"[:-1])


async def everything_of(w: World, folder: Path, logged: str, pages: list[Any]) -> dict[str, bytes]:
    book = w.gate.court.services.book
    entries = [entry async for entry in (await book.get(w.gate.session)).entries()]
    files = b"".join(
        file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file() and ".onnx" not in file.name
    )
    return {
        "server's log": logged.encode(),
        "event log": msgspec.json.encode(entries),
        "files": files,
        "pages": repr([page.heard for page in pages]).encode(),
    }


def found(secrets: dict[str, bytes], places: dict[str, bytes]) -> list[tuple[str, str]]:
    """(secret, place) of everything that is found, in any of the ways in which bytes get into texts."""
    hits = []
    for name, secret in secrets.items():
        for place, content in places.items():
            if any(form in content for form in _forms(secret)):
                hits.append((name, place))
    return hits


def _forms(secret: bytes) -> list[bytes]:
    middle = secret if len(secret) < 64 else secret[len(secret) // 2 : len(secret) // 2 + 48]
    shifted = [base64.b64encode(middle[skip:])[4:-4] for skip in range(3)] if len(middle) >= 16 else []
    shown = repr(middle)[2:-1]
    as_text = [middle.hex(), shown, json.dumps(shown)[1:-1]] if len(middle) >= 6 else []
    in_text = [text.encode() for text in as_text]
    return [middle, *shifted, *in_text]


def test_the_search_finds_what_is_there() -> None:
    picture = bytes(range(256)) * 4
    for way in (
        picture,
        base64.b64encode(b"x" + picture),
        picture.hex().encode(),
        repr(picture).encode(),
        json.dumps(repr(picture)).encode(),
    ):
        assert found({"it": picture}, {"there": b"before" + way + b"after"}) == [("it", "there")]
    assert found({"it": picture}, {"there": b"nothing of it"}) == []


async def test_a_pass_by_face_leaves_no_number_picture_or_vector_anywhere(
    told: Callable[[], str], tmp_path: Path, data_dir: Path
) -> None:
    async with world(tmp_path, data_dir, "face") as w:
        gate, visitor = w.gate, w.gate.visitor
        await gate.staff_vouched()
        judge = await gate.judge.enter(gate.session)
        status, _ = await gate.clerk(
            "PUT", f"sessions/{gate.session}/gate/{visitor.participant}/reference", raw=w.photo
        )
        assert status == 200
        page = await visitor.enter()
        await visitor.agree()
        w.registry.faults = [503, "not-json", "cut"]
        await visitor.show(NUMBER)
        assert await visitor.face(w.live) == "review"
        await file_of(w, number=NUMBER, phone=PHONE)
        await keep_secrets_of(w, visitor)
        # Numbers that are refused, and a fault of ours with a face in its words.
        await visitor("POST", "document", {"kind": "resident_id", "number": OTHER_NUMBER[:-1] + "?"})
        status, _ = await gate.clerk.gate(
            gate.session, visitor.participant, "file", {"number": OTHER_NUMBER[:-1] + "z"}, method="PUT"
        )
        assert status == 400
        w.matcher.broken = True
        path = f"sessions/{gate.session}/gate/{visitor.participant}/reference"
        status, failed = await gate.clerk("PUT", path, raw=w.photo)
        assert (status, failed["error"]) == (500, "internal")
        admitted = {"reason": "document-seen", "text": "照片与本人一致"}
        status, row = await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted)
        assert (status, row["stage"]) == (200, "passed")
        assert {"reference", "picture", "template", "number", "phone"} <= set(w.secrets)
        w.know("the photo as it was sent", w.photo)
        w.know("the number", NUMBER)
        w.know("the middle of the number", NUMBER[3:14])
        w.know("another number", OTHER_NUMBER[:-1])
        w.know("the key", WRAPPING_KEY)
        w.secrets["number"] = w.secrets["number"] + b" is a keyed hash, which the event log holds"
        places = await everything_of(w, tmp_path, told(), [page, judge])
    assert "registry.outage" in places["server's log"].decode()
    assert failed["incident"] in places["server's log"].decode()
    assert NUMBER[-4:] in places["event log"].decode(), "masked it may be shown"
    assert found(w.secrets, places) == []


async def test_a_pass_by_code_leaves_neither_telephone_nor_code(
    told: Callable[[], str], tmp_path: Path, data_dir: Path
) -> None:
    async with world(tmp_path, data_dir, "code") as w:
        visitor = w.gate.visitor
        page = await visitor.enter()
        await visitor.show(NUMBER)
        await file_of(w, phone=PHONE)
        w.sms.faults = [503, 503]
        assert (await visitor("POST", "code"))[0] == 503
        for _ in range(2):
            assert (await visitor("POST", "code"))[0] == 200
            phone, code = list(w.sms.sent.values())[-1]
            if "wrong code" not in w.secrets:
                wrong = f"{(int(code) + 1) % 10**6:06d}"
                await visitor("POST", "code/check", {"code": wrong})
                w.know("wrong code", f'"{wrong}"')
        status, view = await visitor("POST", "code/check", {"code": code})
        assert (status, view["stage"]) == (200, "passed")
        # Six digits alone are in any file by chance: as they stand in JSON or in a text.
        for written in (f'"{code}"', f"={code}", f" {code} ", f"'{code}'"):
            w.know(f"code as {written}", written)
        w.know("telephone", phone)
        w.know("number", NUMBER)
        places = await everything_of(w, tmp_path, told(), [page])
    assert "codes.outage" in places["server's log"].decode()
    assert found(w.secrets, places) == []


async def test_a_bad_body_is_not_repeated_in_the_log(told: Callable[[], str], tmp_path: Path, data_dir: Path) -> None:
    async with world(tmp_path, data_dir, "face") as w:
        visitor = w.gate.visitor
        await visitor.enter()
        await visitor.agree()
        for body in (
            {"kind": NUMBER, "number": "x"},
            {"kind": "resident_id", "number": [NUMBER]},
            {"kind": "resident_id", "number": NUMBER * 9},
            {"kind": "resident_id", NUMBER: 1},
        ):
            status, refused = await visitor("POST", "document", body)
            assert (status, refused["error"]) == (400, "bad-body")
        places = await everything_of(w, tmp_path, told(), [])
    assert found({"number": NUMBER.encode()}, places) == []
