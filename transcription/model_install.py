"""Bring a model onto this machine: fetch, check, unpack, try, and only then give it its name."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hearing.errors import UserError
from transcription.engine import ModelBroken
from transcription.model_download import Progress, download
from transcription.model_files import EngineKind, kind_of
from transcription.model_unpack import room_for, top_folder, unpack
from transcription.models import MANIFEST, Manifest, Model, ModelFile, check_model, file_sha256
from transcription.probe import probe

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class InstallRefused(UserError):
    """The call makes no sense, or what came is not what was asked for."""


def install(name: str, source: str, sha256: str | None, root: Path, progress: Progress) -> Manifest:
    """Install the model `name` under `root` from a file or an address, replacing one of that name. Blocks.

    Until the last rename nothing stands under the name but what stood there before. Without `sha256` whoever sends
    the archive is believed: not over plain http.

    Raises InstallRefused, DownloadFailed, ArchiveRefused, ModelBroken, EngineError, OSError.
    """
    if not _NAME.fullmatch(name):
        raise InstallRefused("model-name", f"模型名称无效：{name!r}", f"{name!r} is no name of a model")
    wanted = _wanted(sha256)
    root.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    try:
        archive = _archive(name, source, wanted, root, progress)
        found = file_sha256(archive)
        if wanted is not None and found != wanted:
            _forget(archive, source)
            raise InstallRefused(
                "model-hash",
                f"SHA-256 不符：应为 {wanted}，实为 {found}。未安装",
                f"the archive's SHA-256 is {found}, not {wanted}; nothing was installed",
            )
        room_for(archive, root)
        unpack(archive, work / "unpacked")
        folder = top_folder(work / "unpacked")
        manifest = _tried(name, folder, source, found, pinned=wanted is not None)
        _put(folder, root / name, work)
        _forget(archive, source)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InstallRefused(
                "disk-full", f"磁盘空间不足：{root}", f"the disk of {root} is full; nothing was installed"
            ) from None
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def _wanted(sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    wanted = sha256.strip().lower()
    if not _SHA256.fullmatch(wanted):
        raise InstallRefused("model-hash", "SHA-256 应为 64 位十六进制", "a SHA-256 is 64 hex digits")
    return wanted


def _is_address(source: str) -> bool:
    return "://" in source


def _archive(name: str, source: str, wanted: str | None, root: Path, progress: Progress) -> Path:
    if not _is_address(source):
        file = Path(source)
        if not file.is_file():
            raise InstallRefused("model-source", f"没有文件：{source}", f"there is no file {source}")
        return file
    scheme = urlsplit(source).scheme
    if scheme not in ("http", "https"):
        raise InstallRefused("model-source", f"不支持的地址：{source}", f"{source} is neither http nor https")
    if scheme == "http" and wanted is None:
        raise InstallRefused(
            "model-hash",
            "http 地址必须给出 --sha256",
            "an address without https needs --sha256: anybody on the way could change the model",
        )
    part = root / f".{name}.part"
    download(source, part, pinned=wanted is not None, progress=progress)
    return part


def _forget(archive: Path, source: str) -> None:
    """What was fetched is done with; the operator's own file is the operator's."""
    if _is_address(source):
        archive.unlink(missing_ok=True)


def _tried(name: str, folder: Path, source: str, archive_sha256: str, *, pinned: bool) -> Manifest:
    """The manifest of a model that is whole and was opened. Raises InstallRefused, ModelBroken."""
    kind: EngineKind | None = kind_of(folder)
    if kind is None:
        raise InstallRefused(
            "model-format",
            "压缩包里没有 Vosk 或 sherpa-onnx 模型",
            "there is no model of Vosk or sherpa-onnx in the archive",
        )
    (folder / MANIFEST).unlink(missing_ok=True)
    try:
        check_model(Model(name=name, folder=folder, engine=kind))
        probe(kind, folder)
    except ModelBroken as problem:
        place = problem.path.relative_to(folder)
        raise InstallRefused(
            "model-format",
            f"压缩包里的模型不可用（{place}）：{problem.zh}",
            f"the model in the archive cannot be used ({place}): {problem.en}",
        ) from None
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = Manifest(
        name=name,
        engine=kind,
        source=source if _is_address(source) else Path(source).name,
        archive_sha256=archive_sha256,
        pinned=pinned,
        files=tuple(ModelFile(path=path.relative_to(folder).as_posix(), sha256=file_sha256(path)) for path in files),
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _put(folder: Path, target: Path, work: Path) -> None:
    if target.exists():
        target.rename(work / "before")
    folder.rename(target)
