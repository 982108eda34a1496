"""A calibration of the test data's people for tests of automatic passing, made by `yunting identity calibrate`'s own
code and kept, sealed, in the system's folder for temporary files: it takes a minute or two of CPU.

The people are public figures of old press photographs (Labeled Faces in the Wild): the calibration says nothing about
a court's people. Whoever stands before a camera in a test is not among them.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import identity.calibrate
import identity.cohort
import identity.score
from config import load
from identity.cohort import Cohort
from identity.cohort import load as load_cohort
from identity.engine import Embedding, Rgb
from identity.engines.dlib_onnx import DlibOnnx
from identity.images import read_picture
from identity.score import FRAMES, Scorer
from tests.browser.before_the_camera import larger, performer
from yunting.bench.heads.cast import Person, is_readable, load_person
from yunting.bench.liveness import default_photos
from yunting.calibration import calibrate_from, cohort_key

KEY = bytes(range(7, 39))
"""The wrapping key of servers with this calibration."""
SITTERS = 40
"""People with two photos or more who are left out of the calibration, for the cameras of tests."""
PEOPLE = 900
_CLEAR = 1.5
"""A test is not about the last tenth of a score."""


def sitters() -> list[list[Path]]:
    """The photos of each person who is not in the calibration, two or more of each; always the same people."""
    return [photos for _, photos in _by_name() if len(photos) in {2, 3}][:SITTERS]


@dataclass(frozen=True)
class Sitters:
    """One person's head and another's; what the case file may have."""

    heads: tuple[Person, Person]
    other_photo: Path
    """Of the first person: not the one that the head was drawn from."""
    somebody_else: Path
    """A photo of the second person."""
    cohort: Path
    """The sealed calibration, which knows neither."""


def two_sitters(folder: Path) -> Sitters:
    """Always the same two of `sitters`. The first is one whose drawn head passes beside another photo of theirs: some
    people's press photographs of different years are not alike enough, and the gate sends them to the clerk."""
    engine = DlibOnnx(_folder("models"))
    file, cohort = calibration()
    scorer = Scorer(engine.engine_id, engine.model_sha256, cohort)
    assert scorer.pass_from is not None
    for photos in sitters():
        for drawn, other in itertools.permutations(photos, 2):
            person = load_person(drawn, engine)
            if person is None or not is_readable(person, engine):
                continue
            filed = larger(other, folder)
            vectors, frames = _vectors(engine, [read_picture(filed.read_bytes())]), _resting(engine, person)
            if len(vectors) < 1 or len(frames) < FRAMES[0]:
                continue
            if scorer.decide(scorer.enrol(vectors), frames).score > scorer.pass_from + _CLEAR:
                somebody, photo = _somebody_else(engine, photos)
                return Sitters((person, somebody), filed, larger(photo, folder), file)
    raise ValueError("nobody of the sitters looks like their other photo")


def _somebody_else(engine: DlibOnnx, than: list[Path]) -> tuple[Person, Path]:
    for photos in sitters():
        person = load_person(photos[0], engine) if photos != than else None
        if person is not None:
            return person, photos[0]
    raise ValueError("nobody else sits")


def _resting(engine: DlibOnnx, person: Person) -> list[Embedding]:
    """Vectors of the drawn head as a camera takes it, sitting still."""
    sits = performer("bona_fide", (person, person))
    return _vectors(engine, [sits.picture(time_ms, None, 0) for time_ms in range(0, FRAMES[0] * 500, 500)])


def _vectors(engine: DlibOnnx, pictures: list[Rgb]) -> list[Embedding]:
    faces = [(picture, engine.detect(picture)) for picture in pictures]
    return [engine.embed(picture, boxes[0]) for picture, boxes in faces if boxes]


def calibration() -> tuple[Path, Cohort]:
    """The sealed cohort's file, and what is in it. Made at first use."""
    engine = DlibOnnx(_folder("models"))
    people = _people()
    name = f"cohort-{_digest(people, engine.model_sha256)}"
    file = _folder(name) / "cohort"
    if not file.exists():
        environment = {
            "YUNTING_STORAGE_FOLDER": str(file.parent),
            "YUNTING_IDENTITY_COHORT": str(file),
            "YUNTING_IDENTITY_KEY": KEY.hex(),
        }
        with tempfile.TemporaryDirectory() as folder:
            for number, photos in enumerate(people):
                (Path(folder) / f"{number:04d}").mkdir()
                for photo in photos:
                    (Path(folder) / f"{number:04d}" / photo.name).symlink_to(photo)
            calibrate_from(load(None, environment), engine, Path(folder), KEY, Console(quiet=True))
    return file, load_cohort(file, cohort_key(KEY))


def _people() -> list[list[Path]]:
    """Those with the most photos first: their probes are means of three and five."""
    left_out = {photo for photos in sitters() for photo in photos}
    others = [photos for _, photos in _by_name() if not left_out.intersection(photos)]
    return sorted(others, key=len, reverse=True)[:PEOPLE]


def _by_name() -> list[tuple[str, list[Path]]]:
    """In an order that has nothing to do with names."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for file in sorted(default_photos().rglob("*.jpg")):
        found[file.stem.rsplit("_", 1)[0]].append(file)
    return sorted(found.items(), key=lambda person: hashlib.sha256(person[0].encode()).digest())


def _digest(people: list[list[Path]], model_sha256: str) -> str:
    digest = hashlib.sha256(model_sha256.encode())
    for photos in people:
        digest.update("\n".join(photo.name for photo in photos).encode())
    for module in (identity.calibrate, identity.cohort, identity.score):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:20]


def _folder(name: str) -> Path:
    folder = Path(tempfile.gettempdir()) / f"yunting-tests-{os.getuid()}" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
