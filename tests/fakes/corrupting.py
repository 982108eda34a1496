"""Corrupts a sealed package many times and has both verifiers look: every time found, and the right file named."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections import Counter
from pathlib import Path

from records.keys import CourtKey
from tests.fakes.corruptions import FOLDERS, Forger, files_of
from tests.fakes.sessions import Made, make_package
from tests.fakes.two_verifiers import TwoVerifiers
from tests.fakes.zip_tricks import ZIPS, packed


def corrupt_many(folder: Path, seeds: range) -> Counter[str]:
    """How often each corruption was done. AssertionError names corruption and seed of the first that went unseen."""
    key = CourtKey.generate()
    made = make_package(folder / "made", key=key)
    other = make_package(folder / "other", key=key).result.folder
    whole = packed(made.result.folder, folder / "whole.zip")
    done: Counter[str] = Counter()
    with TwoVerifiers(folder) as both:
        for path in (made.result.folder, whole):
            code, result, said = both.ask(path, key.fingerprint)
            assert (code, result["wrong"]) == (0, [])
            assert said.startswith("结论：通过")
        for seed in seeds:
            place = folder / "now"
            place.mkdir()
            by = Forger(random.Random(seed), other, CourtKey.generate())
            kind = (*FOLDERS, *ZIPS)[seed % (len(FOLDERS) + len(ZIPS))]
            done[kind.__name__] += 1
            _one(both, made, whole, place, by, seed)
            shutil.rmtree(place)
    return done


def _one(both: TwoVerifiers, made: Made, whole: Path, place: Path, by: Forger, seed: int) -> None:
    number = seed % (len(FOLDERS) + len(ZIPS))
    blamed: set[str] | None
    if number < len(FOLDERS):
        path, name = made.copy(place), FOLDERS[number].__name__
        blamed = FOLDERS[number](path, by)
    else:
        trick = ZIPS[number - len(FOLDERS)]
        path, name = Path(shutil.copy(whole, place / "package.zip")), trick.__name__
        blamed = trick(path, made.result.folder, by)
    code, result, said = both.ask(path, made.key.fingerprint)
    case = f"{name}, seed {seed}: {result['wrong'][:3]}"
    if code == 0 and blamed is None:
        assert same_files(path, made.result.folder), case
        return
    assert code == 1, case
    assert result["wrong"], case
    first = result["wrong"][0]
    assert blamed is None or first["file"] in blamed, f"{case}, not {sorted(blamed)}"
    assert said.startswith("结论：未通过"), case
    assert first["file"] in said, case


def same_files(archive: Path, folder: Path) -> bool:
    """Whether the archive still unpacks to the very package."""
    with zipfile.ZipFile(archive) as opened:
        unpacked = {name.partition("/")[2]: opened.read(name) for name in opened.namelist()}
    return unpacked == {name: (folder / name).read_bytes() for name in files_of(folder)}
