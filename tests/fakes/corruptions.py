"""What can be done to a sealed package by somebody who does not have the court's key, or has only an old package.

Each corruption alters a folder and says which files a verifier may blame first. For archives see `zip_tricks`.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from records import verify
from records.canonical import canonical
from records.chain import GENESIS
from records.keys import CourtKey
from records.package.manifest import Bag

Blamed = set[str]


@dataclass(frozen=True, slots=True)
class Forger:
    """`rng` is seeded, so that a failure can be repeated; `other` is a genuine package of another session of the same
    court; `key` is the forger's own."""

    rng: random.Random
    other: Path
    key: CourtKey

    def one(self, folder: Path, among: Sequence[str] | None = None) -> str:
        """A file of the package."""
        return self.rng.choice(files_of(folder) if among is None else among)


def files_of(folder: Path) -> list[str]:
    return sorted(item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file())


def payload_of(folder: Path) -> list[str]:
    return [name for name in files_of(folder) if name.startswith("data/")]


# --- bytes ----------------------------------------------------------------------------------------------------


def flip(folder: Path, by: Forger) -> Blamed:
    return {_flip(folder, by, files_of(folder))}


def _flip(folder: Path, by: Forger, among: Sequence[str]) -> str:
    name = by.one(folder, among)
    data = bytearray((folder / name).read_bytes())
    data[by.rng.randrange(len(data))] ^= 1 << by.rng.randrange(8)
    (folder / name).write_bytes(bytes(data))
    return name


def truncate(folder: Path, by: Forger) -> Blamed:
    name = by.one(folder)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: by.rng.randrange(len(data))])
    return {name}


def extend(folder: Path, by: Forger) -> Blamed:
    name = by.one(folder)
    with (folder / name).open("ab") as file:
        file.write(by.rng.randbytes(by.rng.randint(1, 40)))
    return {name}


def swap(folder: Path, by: Forger) -> Blamed:
    one, two = by.rng.sample(files_of(folder), 2)
    a, b = (folder / one).read_bytes(), (folder / two).read_bytes()
    (folder / one).write_bytes(b)
    (folder / two).write_bytes(a)
    return {one, two}


def other_line_ends(folder: Path, by: Forger) -> Blamed:
    texts = [name for name in files_of(folder) if name.endswith((".txt", ".jsonl", ".pem", ".sig", ".py", ".md"))]
    name = by.one(folder, texts)
    (folder / name).write_bytes((folder / name).read_bytes().replace(b"\n", b"\r\n"))
    return {name}


# --- files ----------------------------------------------------------------------------------------------------


def delete(folder: Path, by: Forger) -> Blamed:
    name = by.one(folder)
    (folder / name).unlink()
    return {name}


def add(folder: Path, by: Forger) -> Blamed:
    name = by.rng.choice(["data/", "", "signature/", "data/media/tracks/", "data/new/"]) + f"{by.rng.random()}.txt"
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(by.rng.randbytes(20))
    return {name}


def rename(folder: Path, by: Forger) -> Blamed:
    name = by.one(folder)
    (folder / name).rename(folder / f"{name}.old")
    return {name, f"{name}.old"}


def other_case(folder: Path, by: Forger) -> Blamed:
    """A second file whose name a Windows disk takes for the first one's."""
    name = by.one(folder, payload_of(folder))
    head, _, tail = name.rpartition("/")
    twin = f"{head}/{tail.swapcase()}"
    twin = twin if twin != name else f"{name}．"
    (folder / twin).write_bytes(b"another")
    return {twin}


def symlink(folder: Path, by: Forger) -> Blamed:
    name = by.one(folder)
    target = folder.parent / "outside"
    shutil.move(folder / name, target)
    (folder / name).symlink_to(target)
    return {name}


def linked_folder(folder: Path, by: Forger) -> Blamed:
    inner = by.rng.choice(["data", "data/media/tracks", "signature"])
    names = {name for name in files_of(folder) if name.startswith(f"{inner}/")}
    shutil.move(folder / inner, folder.parent / "outside")
    (folder / inner).symlink_to(folder.parent / "outside", target_is_directory=True)
    return {inner} | names


# --- manifests ------------------------------------------------------------------------------------------------


def wrong_digest(folder: Path, by: Forger) -> Blamed:
    manifest = by.rng.choice([*verify.MANIFESTS, *verify.TAG_MANIFESTS])
    lines = (folder / manifest).read_text("utf-8").splitlines(keepends=True)
    at = by.rng.randrange(len(lines))
    digest, _, name = lines[at].partition("  ")
    lines[at] = f"{by.rng.randbytes(len(digest) // 2).hex()}  {name}"
    (folder / manifest).write_text("".join(lines), "utf-8")
    return {manifest}


def unlisted(folder: Path, by: Forger) -> Blamed:
    """A file less, in every manifest too."""
    name = by.one(folder, payload_of(folder))
    (folder / name).unlink()
    return relist(folder)


def relisted(folder: Path, by: Forger) -> Blamed:
    """A changed file whose hashes were made anew in every manifest: only the signature tells."""
    made_anew = {*verify.MANIFESTS, *verify.TAG_MANIFESTS}
    _flip(folder, by, [name for name in files_of(folder) if name not in made_anew])
    return relist(folder)


def relisted_addition(folder: Path, by: Forger) -> Blamed:
    (folder / "data" / "more.txt").write_bytes(by.rng.randbytes(9))
    return relist(folder)


def bag_info(folder: Path, by: Forger) -> Blamed:
    path = folder / "bag-info.txt"
    path.write_text(path.read_text("utf-8") + "Contact-Name: nobody\n", "utf-8")
    return {"bag-info.txt"} if by.rng.random() < 0.5 else relist(folder)


def one_manifest_only(folder: Path, by: Forger) -> Blamed:
    """SHA-512 gone, and the tag manifests know of nothing else."""
    gone = by.rng.choice(verify.MANIFESTS)
    (folder / gone).unlink()
    return {gone} if by.rng.random() < 0.5 else relist(folder) | {gone}


def listed_twice(folder: Path, by: Forger) -> Blamed:
    manifest = by.rng.choice(verify.MANIFESTS)
    text = (folder / manifest).read_text("utf-8")
    (folder / manifest).write_text(text + text.splitlines(keepends=True)[0], "utf-8")
    return {manifest} if by.rng.random() < 0.5 else relist(folder, manifests=False) | {manifest}


def relist(folder: Path, manifests: bool = True) -> Blamed:
    """Every manifest as it would be for the files that are there; the signature stays the court's."""
    signature = (folder / verify.SIGNATURE_FILE).read_bytes() if (folder / verify.SIGNATURE_FILE).exists() else b""
    for algorithm, manifest, tags in zip(verify.ALGORITHMS, verify.MANIFESTS, verify.TAG_MANIFESTS, strict=True):
        if manifests and (folder / manifest).exists():
            (folder / manifest).write_bytes(_listing(folder, payload_of(folder), algorithm))
        own = {*verify.TAG_MANIFESTS, verify.SIGNATURE_FILE, *payload_of(folder)}
        (folder / tags).write_bytes(_listing(folder, [n for n in files_of(folder) if n not in own], algorithm))
    if signature:
        (folder / verify.SIGNATURE_FILE).write_bytes(signature)
    # A flip in the signature or the key is blamed by itself.
    return {*verify.TAG_MANIFESTS, verify.SIGNATURE_FILE, verify.KEY_FILE}


def _listing(folder: Path, names: Sequence[str], algorithm: str) -> bytes:
    def digest(name: str) -> str:
        return hashlib.new(algorithm, (folder / name).read_bytes()).hexdigest()

    return "".join(f"{digest(name)}  {name}\n" for name in sorted(names)).encode()


# --- signature ------------------------------------------------------------------------------------------------


def foreign_signature(folder: Path, by: Forger) -> Blamed:
    """That of another genuine package of the same court."""
    shutil.copy(by.other / verify.SIGNATURE_FILE, folder / verify.SIGNATURE_FILE)
    return set(verify.TAG_MANIFESTS)


def own_signature(folder: Path, by: Forger) -> Blamed:
    """By the forger's key, in the name of the court's key, or of the forger's."""
    public = by.key.fingerprint if by.rng.random() < 0.5 else None
    text = (folder / verify.SIGNATURE_FILE).read_text("utf-8").rpartition("Signature: ")[0]
    if public:
        text = text.replace(text.split("Key: ")[1][:64], public)
    (folder / verify.SIGNATURE_FILE).write_text(f"{text}Signature: {by.key.sign(text.encode()).hex()}\n", "utf-8")
    return {verify.SIGNATURE_FILE}


def resigned(folder: Path, by: Forger) -> Blamed:
    """Everything as it was, by another key. Nothing but the published fingerprint tells."""
    reseal(folder, by.key)
    return {verify.KEY_FILE}


def resigned_change(folder: Path, by: Forger) -> Blamed:
    _flip(folder, by, payload_of(folder))
    reseal(folder, by.key)
    return {verify.KEY_FILE}


def reseal(folder: Path, key: CourtKey) -> None:
    """What somebody with a key can do: make manifests and signature anew over altered content."""
    for name in (*verify.MANIFESTS, *verify.TAG_MANIFESTS, "bagit.txt", "bag-info.txt"):
        (folder / name).unlink()
    shutil.rmtree(folder / "signature")
    bag = Bag(folder)
    for name in files_of(folder):
        bag.adopt(name)
    bag.seal(key, {})


# --- the log --------------------------------------------------------------------------------------------------


def edited_log(folder: Path, by: Forger) -> Blamed:
    """An event rewritten, left out or moved; the chain made anew; by chance also the heads and every manifest."""
    path = folder / verify.EVENTS
    entries: list[dict[str, Any]] = [json.loads(line) for line in path.read_bytes().splitlines()]
    at = by.rng.randrange(1, len(entries) - 1)
    match by.rng.randrange(4):
        case 0:
            entries[at]["actor"] = "nobody"
        case 1:
            del entries[at]
        case 2:
            entries[at]["event"], entries[at + 1]["event"] = entries[at + 1]["event"], entries[at]["event"]
        case _:
            entries[at]["utc_ms"] += 1
    prev = GENESIS
    for seq, entry in enumerate(entries, 1):
        entry.update(seq=seq, prev=prev)
        del entry["hash"]
        entry["hash"] = prev = hashlib.sha256(canonical(entry)).hexdigest()
    path.write_bytes(b"".join(canonical(entry) + b"\n" for entry in entries))
    if by.rng.random() < 0.5:
        return {verify.EVENTS}
    return relist(folder)


def fewer_heads(folder: Path, by: Forger) -> Blamed:
    path = folder / verify.HEADS
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[by.rng.randrange(len(lines))]
    path.write_bytes(b"".join(lines))
    return {verify.HEADS} if by.rng.random() < 0.5 else relist(folder)


# --- two packages in one --------------------------------------------------------------------------------------


def mixed(folder: Path, by: Forger) -> Blamed:
    """Some files are those of another genuine package, which has the same names for most."""
    shared = [
        name
        for name in files_of(folder)
        if (by.other / name).is_file() and (by.other / name).read_bytes() != (folder / name).read_bytes()
    ]
    kind = by.rng.choice(["one", "log", "tags", "payload"])
    chosen = {
        "one": [by.rng.choice(shared)],
        "log": [name for name in shared if name in (verify.EVENTS, verify.HEADS)],
        "tags": [name for name in shared if not name.startswith("data/")],
        "payload": [name for name in shared if name.startswith("data/")],
    }[kind]
    for name in chosen:
        shutil.copy(by.other / name, folder / name)
    # With all its tag files the other package is right, and every file of this one is wrong.
    return (
        set(files_of(folder)) | set(files_of(by.other)) if kind == "tags" else set(chosen) | set(verify.TAG_MANIFESTS)
    )


def forged_verifier(folder: Path, by: Forger) -> Blamed:
    (folder / "verify.py").write_text("print('OK')\n")
    return {"verify.py"}


FOLDERS: tuple[Callable[[Path, Forger], Blamed], ...] = (
    *(flip, truncate, extend, swap, other_line_ends),
    *(delete, add, rename, other_case, symlink, linked_folder),
    *(wrong_digest, unlisted, relisted, relisted_addition, bag_info, one_manifest_only, listed_twice),
    *(foreign_signature, own_signature, resigned, resigned_change),
    *(edited_log, fewer_heads, mixed, forged_verifier),
)
