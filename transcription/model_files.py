"""Which files a model of each engine has: what a folder is, and what is missing from it.

Layouts: Vosk's own documentation of model structure; sherpa-onnx's streaming recognizers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, TypeAlias

EngineKind: TypeAlias = Literal["vosk", "sherpa"]

_VOSK_NEEDS = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
_VOSK_GRAPHS = (("graph/HCLG.fst", "graph/words.txt"), ("graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int"))
_SHERPA_TOKENS = "tokens.txt"
_FIRST_BYTES = {
    # Kaldi's files, binary or text; OpenFst's magic number; an ONNX file may begin with any of its fields.
    ".mdl": (b"\x00B", b"<Tra"),
    ".fst": (b"\xd6\xfd\xb2\x7e",),
    ".onnx": (b"",),
}


def kind_of(folder: Path) -> EngineKind | None:
    """Whose model the folder looks like, complete or not; None for neither."""
    if any((folder / part).is_dir() for part in ("am", "graph")):
        return "vosk"
    if (folder / _SHERPA_TOKENS).is_file():
        return "sherpa"
    return None


def missing_from(folder: Path, kind: EngineKind) -> str | None:
    """The first file that is not there, by its place in the folder; None when all are."""
    if kind == "sherpa":
        if not (folder / _SHERPA_TOKENS).is_file():
            return _SHERPA_TOKENS
        return None if sherpa_parts(folder) else "encoder*.onnx, decoder*.onnx, joiner*.onnx"
    for part in _VOSK_NEEDS:
        if not (folder / part).is_file():
            return part
    lacking = [[part for part in graph if not (folder / part).is_file()] for graph in _VOSK_GRAPHS]
    nearest = min(lacking, key=len)
    return nearest[0] if nearest else None


def spoiled_in(folder: Path) -> str | None:
    """The first file that is empty or does not begin as its kind begins; None when all do."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        begins = _FIRST_BYTES.get(file.suffix)
        with file.open("rb") as opened:
            first = opened.read(4)
        if begins and (not first or not first.startswith(begins)):
            return file.relative_to(folder).as_posix()
    return None


def sherpa_parts(folder: Path) -> dict[str, Path] | None:
    """The networks of a streaming model: {"encoder", "decoder", "joiner"} (transducer), {"encoder", "decoder"}
    (paraformer) or {"model"} (CTC); the smaller, quantised one where there are two. None for anything else."""
    found: dict[str, Path] = {}
    for part in ("encoder", "decoder", "joiner", "model"):
        files = sorted(path for path in folder.glob("*.onnx") if re.match(rf"{part}\b|{part}[-_.]", path.name))
        if files:
            found[part] = next((path for path in files if ".int8." in path.name), files[0])
    networks = {part for part in found if part != "model"}
    if networks in ({"encoder", "decoder", "joiner"}, {"encoder", "decoder"}):
        return {part: found[part] for part in networks}
    if not networks and "model" in found:
        return {"model": found["model"]}
    return None
