"""Reads a file of pairs of photos and makes the vectors of all their pictures with the product's engine.

The file has the columns `left,right,same`; pictures lie beside it or in the folder `lfw` beside it. A picture's
person is its name without the number at the end, as in Labeled Faces in the Wild (Huang et al., UMass 07-49), whose
folder is meant: the subject is the face nearest the middle, others stand behind.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from identity.cohort import Matrix
from identity.engine import Box, Rgb
from identity.engines import dlib_faces
from identity.engines.dlib_onnx import DlibOnnx
from identity.evaluate import Indices
from identity.images import read_picture

_NUMBER = re.compile(r"[_-]?\d+$")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures by name."""

    left: str
    right: str
    same: bool


@dataclass(frozen=True, slots=True)
class Acquired:
    """The pictures in which a face was found: names, vectors without and with flip averaging, whose they are."""

    names: list[str]
    plain: Matrix
    flipped: Matrix
    person: Indices
    tried: int

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self.person.max()) + 1


def read_pairs(file: Path) -> tuple[list[Pair], Path]:
    """The pairs, and the folder of their pictures. ValueError: not such a file, or a picture is missing."""
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            pairs = [Pair(row["left"], row["right"], row["same"] == "1") for row in csv.DictReader(opened)]
    except (OSError, KeyError, UnicodeDecodeError) as problem:
        raise ValueError(
            f"{file.name}: 不是 left,right,same 的 CSV / not a CSV of left,right,same ({problem})"
        ) from None
    folders = (file.parent / "lfw", file.parent)
    folder = next((each for each in folders if pairs and (each / pairs[0].left).is_file()), None)
    if folder is None:
        raise ValueError(f"{file.name}: 找不到图片 / its pictures are not beside it or in lfw/")
    missing = next((n for pair in pairs for n in (pair.left, pair.right) if not (folder / n).is_file()), None)
    if missing:
        raise ValueError(f"{file.name}: 缺少图片 / a picture is missing: {missing}")
    return pairs, folder


def names_of(pairs: list[Pair]) -> list[str]:
    """Every picture once, in order of names."""
    return sorted({name for pair in pairs for name in (pair.left, pair.right)})


def acquire(engine: DlibOnnx, folder: Path, names: list[str], step: Callable[[], None]) -> Acquired:
    """Find the subject of each picture and make its vectors; `step` is called after each."""
    found, plain, flipped = [], [], []
    for name in names:
        rgb = read_picture((folder / name).read_bytes())
        boxes = engine.detect(rgb)
        if boxes:
            chip = dlib_faces.chip(rgb, _subject(boxes, rgb))
            vectors = engine.embed_chips(np.stack([chip, chip[:, ::-1]]))
            found.append(name)
            plain.append(vectors[0])
            flipped.append(vectors.mean(axis=0))
        step()
    if len(found) < 2:
        raise ValueError("没有找到人脸 / no faces were found")
    owners = [_NUMBER.sub("", Path(name).stem) for name in found]
    index = {owner: at for at, owner in enumerate(sorted(set(owners)))}
    return Acquired(
        found,
        np.array(plain, np.float32),
        np.array(flipped, np.float32),
        np.array([index[owner] for owner in owners], np.int64),
        len(names),
    )


def frame_640(folder: Path, name: str) -> Rgb:
    """A picture as a camera's frame of 640x480: enlarged to its height, the sides filled with its mirror image."""
    square = read_picture((folder / name).read_bytes())
    side = min(square.shape[:2])
    square = square[:side, :side]
    rows = np.arange(480) * side // 480
    wide = np.pad(square[rows][:, rows], ((0, 0), (80, 80), (0, 0)), mode="reflect")
    return np.ascontiguousarray(wide)


def _subject(boxes: list[Box], rgb: Rgb) -> Box:
    def from_middle(box: Box) -> int:
        x, y = box.left + box.right - rgb.shape[1], box.top + box.bottom - rgb.shape[0]
        return int(abs(x) + abs(y))

    return min(boxes, key=from_middle)
