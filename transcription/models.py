"""Speech models on this machine: where they lie, whether they are whole, and opening one.

A model is a folder `<data>/models/NAME`. `yunting models install` writes `model.json` into it, with a hash of every
file; a folder without one is known by its files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from transcription.engine import Engine, ModelBroken, ModelMissing
from transcription.model_files import EngineKind, kind_of, missing_from, spoiled_in
from transcription.probe import open_directly, probe

MANIFEST = "model.json"


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a model, by its place in the folder."""

    path: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What was installed, from where. `pinned`: whether whoever installed it gave the archive's hash."""

    name: str
    engine: EngineKind
    source: str
    archive_sha256: str
    pinned: bool
    files: tuple[ModelFile, ...]
    languages: tuple[str, ...] = ()
    licence: str = ""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model's folder. Without a manifest nobody can say whether a file was changed."""

    name: str
    folder: Path
    engine: EngineKind
    manifest: Manifest | None = None


def model_roots(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where models are looked for, in order; the first is where they are installed."""
    named = environment.get("YUNTING_DATA")
    own = Path("var/data/models")
    return (Path(named) / "models", own) if named else (own,)


def found_models(roots: Sequence[Path]) -> list[Model]:
    """Every model, whole or not, by name; of two with one name the first root's. Raises ModelBroken never: a model
    whose manifest cannot be read is listed without it."""
    found: dict[str, Model] = {}
    for root in roots:
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if folder.name.startswith(".") or folder.name in found or not folder.is_dir():
                continue
            kind = kind_of(folder)
            if kind is not None:
                found[folder.name] = Model(
                    name=folder.name, folder=folder, engine=kind, manifest=_manifest_if_any(folder)
                )
    return sorted(found.values(), key=lambda model: model.name)


def find_model(name: str, roots: Sequence[Path]) -> Model:
    """The model of this name. Raises ModelMissing, ModelBroken."""
    for root in roots:
        folder = root / name
        if not folder.is_dir():
            continue
        kind = kind_of(folder)
        if kind is None:
            raise ModelBroken(folder, name, "其中没有语音模型", "there is no speech model in it")
        return Model(name=name, folder=folder, engine=kind, manifest=_manifest(folder))
    raise ModelMissing(roots[0] / name, name)


def check_model(model: Model) -> None:
    """Whether every file is there and as it was installed. Reads all of them: seconds for a large model.

    Raises ModelBroken with the first file that is not.
    """
    folder, name = model.folder, model.name
    lacking = missing_from(folder, model.engine)
    if lacking is not None:
        raise ModelBroken(folder / lacking, name, "文件缺失", "the file is missing")
    for file in model.manifest.files if model.manifest else ():
        path = folder / file.path
        if not path.is_file():
            raise ModelBroken(path, name, "文件缺失", "the file is missing")
        if file_sha256(path) != file.sha256:
            raise ModelBroken(path, name, "文件已被改动", "the file is not what was installed")
    spoiled = spoiled_in(folder)
    if spoiled is not None:
        raise ModelBroken(folder / spoiled, name, "文件已损坏", "the file is damaged")


def open_model(model: Model, languages: tuple[str, ...]) -> Engine:
    """Check, try in another process, open. Blocks for seconds; for worker threads. Raises EngineError.

    Trying catches what ends a process at loading or at the first sounds. A graph that is damaged further in may
    still end it later: only a manifest's hashes exclude that.
    """
    check_model(model)
    probe(model.engine, model.folder)
    return open_directly(model.engine, model.folder, languages)


def file_sha256(path: Path) -> str:
    """64 hex digits."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _manifest(folder: Path) -> Manifest | None:
    file = folder / MANIFEST
    if not file.is_file():
        return None
    try:
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ModelBroken(file, folder.name, "清单无法读取", f"the manifest cannot be read ({problem})") from None
    if any(Path(each.path).is_absolute() or ".." in Path(each.path).parts for each in manifest.files):
        raise ModelBroken(file, folder.name, "清单有误", "the manifest names files outside the model")
    return manifest


def _manifest_if_any(folder: Path) -> Manifest | None:
    try:
        return _manifest(folder)
    except ModelBroken:
        return None
