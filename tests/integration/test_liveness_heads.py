"""The real engine and the real rules with rendered heads: one who does what is asked passes, attacks do not.

Rendered heads are not people. How many of each kind pass is `yunting bench liveness`; here is one try of each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from identity.engines.dlib_onnx import DlibOnnx
from yunting.bench.heads.actors import BONA_FIDE
from yunting.bench.heads.cast import Person, load_person
from yunting.bench.liveness import ATTACKS, perform

pytestmark = pytest.mark.integration

VARIANTS = frozenset({"photo_tilted_65", "photo_still", "eyelid_warp", "eyelid_jaw_warp_bent"})
"""Of each of these another strength or mixture is tried too."""
NAMES = ("Dennis_Erickson_0001.jpg", "Stephanie_Moore_0001.jpg")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DlibOnnx:
    return DlibOnnx(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def people(data_dir: Path, engine: DlibOnnx) -> list[Person]:
    files = [data_dir / "faces" / "lfw" / name for name in NAMES]
    if not all(file.is_file() for file in files):
        pytest.skip(f"no photographs {', '.join(NAMES)} in {data_dir}/faces/lfw")
    found = [load_person(file, engine) for file in files]
    assert None not in found
    return [person for person in found if person is not None]


def test_a_head_that_does_what_is_asked_passes(people: list[Person], engine: DlibOnnx) -> None:
    tried = perform(BONA_FIDE, people[0], people[1], engine, number=0)
    assert tried.code == "passed"
    assert tried.cpu_ms > 0


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.long if kind in VARIANTS else ()) for kind in ATTACKS]
)
def test_an_attack_is_refused(kind: str, people: list[Person], engine: DlibOnnx) -> None:
    assert perform(kind, people[0], people[1], engine, number=0).code != "passed"
