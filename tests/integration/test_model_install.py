"""`yunting models install` against a local server: interrupted, forged, the wrong thing, cut short, too large."""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from hearing.errors import UserError
from transcription.engine import ModelBroken, ModelMissing
from transcription.model_install import install
from transcription.models import Manifest, Model, check_model, find_model, found_models, open_model
from transcription.probe import probe
from yunting.cli import app

pytestmark = pytest.mark.integration

NAME = "court-cn"


@dataclass
class Shop:
    """A server with one file. It breaks off each of its first `breaks` answers in the middle."""

    body: bytes = b""
    breaks: int = 0
    etag: str = '"one"'
    ranges: bool = True
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    async def give(self, request: web.Request) -> web.StreamResponse:
        asked = request.headers.get("Range", "")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if start and request.headers.get("If-Range", self.etag) != self.etag:
            start = 0
        answer = web.StreamResponse(status=206 if start else 200)
        answer.content_length = len(self.body) - start
        if self.etag:
            answer.headers["ETag"] = self.etag
        if start:
            answer.headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        await answer.prepare(request)
        if self.breaks:
            self.breaks -= 1
            await answer.write(self.body[start : start + (len(self.body) - start) // 2])
            assert request.transport is not None
            request.transport.close()
            return answer
        await answer.write(self.body[start:])
        return answer


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    web_app = web.Application()
    web_app.router.add_get("/model.zip", made.give)
    async with TestServer(web_app) as server:
        made.url = str(server.make_url("/model.zip"))
        yield made


@pytest.fixture(scope="session")
def model(data_dir: Path) -> Path:
    found = data_dir / "models" / "vosk-toy-court-cn"
    if not found.is_dir():
        pytest.skip(f"no fixture model at {found}")
    return found


@pytest.fixture(scope="session")
def archive(model: Path) -> bytes:
    """As publishers pack them: one folder in a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(model.rglob("*")):
            if file.is_file():
                out.write(file, f"some-model-0.1/{file.relative_to(model).as_posix()}")
    return packed.getvalue()


async def run(source: str, sha256: str | None, root: Path) -> Manifest:
    return await asyncio.to_thread(install, NAME, source, sha256, root, lambda done, whole: None)


async def installed(root: Path) -> Model:
    return await asyncio.to_thread(find_model, NAME, [root])


def left(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir()) if root.is_dir() else []


async def test_a_model_is_fetched_checked_and_opened(shop: Shop, archive: bytes, tmp_path: Path) -> None:
    shop.body = archive
    manifest = await run(shop.url, shop.sha256.upper(), tmp_path)
    assert manifest.pinned
    assert manifest.archive_sha256 == shop.sha256
    assert left(tmp_path) == [NAME]
    found = await installed(tmp_path)
    assert found.manifest == manifest
    engine = await asyncio.to_thread(open_model, found, ("zh-CN",))
    assert engine.name == f"vosk:{NAME}"


async def test_an_interrupted_download_goes_on_where_it_broke_off(shop: Shop, archive: bytes, tmp_path: Path) -> None:
    shop.body, shop.breaks = archive, 2
    await run(shop.url, shop.sha256, tmp_path)
    half = len(archive) // 2
    assert shop.asked == ["", f"bytes={half}-", f"bytes={half + (len(archive) - half) // 2}-"]
    assert left(tmp_path) == [NAME]


async def test_the_next_call_goes_on_too(shop: Shop, archive: bytes, tmp_path: Path) -> None:
    shop.body, shop.breaks = archive, 4
    with pytest.raises(UserError) as caught:
        await run(shop.url, shop.sha256, tmp_path)
    assert caught.value.code == "model-download"
    assert NAME not in left(tmp_path)
    await run(shop.url, shop.sha256, tmp_path)
    assert shop.asked[-1] != ""
    assert left(tmp_path) == [NAME]


@pytest.mark.parametrize("how", ["no ranges", "another file"])
async def test_where_it_cannot_go_on_it_begins_again(shop: Shop, archive: bytes, tmp_path: Path, how: str) -> None:
    shop.body, shop.breaks = archive[:-7] + b"earlier", 4
    with pytest.raises(UserError):
        await run(shop.url, hashlib.sha256(archive).hexdigest(), tmp_path)
    shop.body = archive
    if how == "no ranges":
        shop.ranges = False
    else:
        shop.etag = '"two"'
    await run(shop.url, shop.sha256, tmp_path)
    assert left(tmp_path) == [NAME]


async def test_a_wrong_hash_installs_nothing_and_keeps_the_old_model(
    shop: Shop, archive: bytes, tmp_path: Path
) -> None:
    shop.body = archive
    old = await run(shop.url, shop.sha256, tmp_path)
    shop.body = archive + b"\0"
    with pytest.raises(UserError) as caught:
        await run(shop.url, old.archive_sha256, tmp_path)
    assert caught.value.code == "model-hash"
    assert shop.sha256 in caught.value.en
    assert old.archive_sha256 in caught.value.zh
    assert left(tmp_path) == [NAME]
    assert (await installed(tmp_path)).manifest == old


async def test_http_needs_a_hash_and_other_schemes_are_refused(shop: Shop, tmp_path: Path) -> None:
    for source, code in ((shop.url, "model-hash"), ("ftp://127.0.0.1/x", "model-source"), ("absent", "model-source")):
        with pytest.raises(UserError) as caught:
            await run(source, None, tmp_path)
        assert caught.value.code == code
    assert shop.asked == []


async def test_what_the_server_refuses_is_said(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HTTP 404"):
        await run(shop.url.replace("model.zip", "absent"), "0" * 64, tmp_path)


def packed(entries: dict[str, bytes], kind: str = "zip") -> bytes:
    made = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(made, "w") as out:
            for name, content in entries.items():
                out.writestr(name, content)
    else:
        with tarfile.open(fileobj=made, mode="w:gz") as tar:
            for name, content in entries.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                if content == b"LINK":
                    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
                tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def zip_link() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        info = zipfile.ZipInfo("m/am/final.mdl")
        info.external_attr = 0o120777 << 16
        out.writestr(info, "/etc/passwd")
    return made.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>not found</html>", "model-archive"),
        (b"", "model-archive"),
        (packed({"m/readme.txt": b"hello"}), "model-format"),
        (packed({"m/am/final.mdl": b"\0Bxx", "m/conf/mfcc.conf": b"", "m/conf/model.conf": b""}), "model-format"),
        (packed({"../../escaped": b"x"}), "model-archive"),
        (packed({"/tmp/escaped": b"x"}), "model-archive"),
        (packed({"m/..\\escaped": b"x"}), "model-archive"),
        (packed({"../escaped": b"x"}, "tar"), "model-archive"),
        (packed({"m/am/final.mdl": b"LINK"}, "tar"), "model-archive"),
        (packed({"m/am": b"x", "m/am/final.mdl": b"x"}, "tar"), "model-archive"),
        (zip_link(), "model-archive"),
        (packed({"m/am/final.mdl": b"x" * 5000}, "tar")[:-40], "model-archive"),
        (packed({"m/am/final.mdl": b"x" * 5000})[:-40], "model-archive"),
    ],
    ids=["page", "empty", "no model", "no graph", "zip up", "zip root", "backslash", "tar up", "tar link", "twice",
         "zip link", "tar cut", "zip cut"],
)  # fmt: skip
async def test_what_is_no_model_is_refused_and_leaves_nothing(body: bytes, code: str, tmp_path: Path) -> None:
    file, root = tmp_path / "it", tmp_path / "in" / "root"
    file.write_bytes(body)
    with pytest.raises(UserError) as caught:
        await run(str(file), hashlib.sha256(body).hexdigest(), root)
    assert caught.value.code == code
    assert left(root) == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "it", "root"]


async def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "it"
    file.write_bytes(packed({"m/am/final.mdl": bytes(3_000_000)}, "tar"))
    monkeypatch.setattr("transcription.model_unpack.unpack.__defaults__", (1_000_000,))
    with pytest.raises(UserError, match="model-archive"):
        await run(str(file), None, tmp_path / "root")


async def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "it"
    file.write_bytes(packed({"m/am/final.mdl": bytes(3000)}))
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("transcription.model_unpack.shutil.disk_usage", lambda path: usage)
    with pytest.raises(UserError) as caught:
        await run(str(file), None, tmp_path / "root")
    assert caught.value.code == "disk-full"
    assert left(tmp_path / "root") == []


async def test_a_file_that_was_changed_after_installing_is_named(shop: Shop, archive: bytes, tmp_path: Path) -> None:
    shop.body = archive
    await run(shop.url, shop.sha256, tmp_path)
    found = await installed(tmp_path)
    changed = tmp_path / NAME / "graph" / "HCLG.fst"
    content = bytearray(changed.read_bytes())
    content[1_000_000] ^= 1
    changed.write_bytes(content)
    with pytest.raises(ModelBroken) as caught:
        await asyncio.to_thread(check_model, found)
    assert caught.value.path == changed
    changed.unlink()
    with pytest.raises(ModelBroken, match="missing"):
        await asyncio.to_thread(check_model, found)


async def test_the_command_line_installs_lists_and_names_what_is_wrong(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUNTING_DATA", str(tmp_path))
    file = tmp_path / "a.zip"
    file.write_bytes(archive)

    def said(*words: str) -> str:
        done = CliRunner().invoke(app, ["models", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "no speech models" in await asyncio.to_thread(said, "list")
    installed = await asyncio.to_thread(said, "install", NAME, "--from", str(file))
    assert hashlib.sha256(archive).hexdigest() in installed
    listed = msgspec.json.decode(await asyncio.to_thread(said, "list", "--json"))
    assert [(row["name"], row["engine"], row["problem"]) for row in listed["models"]] == [(NAME, "vosk", "")]
    (tmp_path / "models" / NAME / "am" / "final.mdl").unlink()
    assert "am/final.mdl" in await asyncio.to_thread(said, "list")
    nowhere = await asyncio.to_thread(CliRunner().invoke, app, ["models", "install", NAME])
    assert isinstance(nowhere.exception, UserError)


def test_a_missing_model_names_the_path_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        find_model(NAME, [tmp_path / "a", tmp_path / "b"])
    assert str(tmp_path / "a" / NAME) in caught.value.zh
    assert f"yunting models install {NAME}" in caught.value.en
    assert found_models([tmp_path / "a"]) == []


def test_a_model_without_a_manifest_is_known_by_its_files(model: Path) -> None:
    found = find_model(model.name, [model.parent])
    assert (found.engine, found.manifest) == ("vosk", None)
    check_model(found)
    probe(found.engine, found.folder)
