#!/usr/bin/env python3
"""Verify a sealed record package of Yunting 云庭. Standard library only, no network, Python 3.8 or later.

    python3 verify.py [PATH] [--key FINGERPRINT] [--json]

PATH is the package's folder or its .zip; without it, the folder this file lies in. Exit code: 0 the package is whole,
1 it is not (each wrong file or event is named), 2 the call was wrong, 3 this machine lacks something.

What is checked, in the order of trust:
1. the court's signature (Ed25519, RFC 8032) over both tag manifests; with --key, that it is by that key;
2. tag manifests -> tag files, manifests -> payload, by SHA-512 and SM3 (GB/T 32905): nothing more, nothing less;
3. the event log: each entry carries the SHA-256 of the one before, signed heads, the last one on the last entry;
4. the byte ranges of the track files that the log sealed while the session was recorded;
5. the text: the lines of the minutes are made again from the log, and transcript.json, .txt, .vtt and .srt have to
   say exactly these words by these people (head and foot of the minutes are vouched for by the manifest only).

A forged package can carry a forged verifier: take this program from the court, and compare the fingerprint of the
key with the one that the court publishes.
"""

# ruff: noqa: B905 - runs on Pythons whose zip() has no `strict`

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import html
import io
import json
import re
import sys
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

SIGNATURE_FILE = "signature/manifest.ed25519.sig"
KEY_FILE = "signature/court-key.pem"
ALGORITHMS = ("sha512", "sm3")
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)
MANIFESTS = tuple(f"manifest-{name}.txt" for name in ALGORITHMS)
TAG_FILES = ("bagit.txt", "bag-info.txt", *MANIFESTS, KEY_FILE, "verify.py", "VERIFY.md")
BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
EVENTS = "data/events/events.jsonl"
HEADS = "data/events/heads.jsonl"
BALLOTS = "data/ballot-log.jsonl"
"""In the package of a creditors' meeting, which has no log of events."""
TRACKS = "data/media/tracks/"
TEXT = "data/text/"
TRANSCRIPT_TXT, TRANSCRIPT_JSON, TRANSCRIPT_VTT, TRANSCRIPT_SRT = (
    f"{TEXT}transcript.{ending}" for ending in ("txt", "json", "vtt", "srt")
)
UNHEARD = "（此处有发言，未能自动转写，须听录音核对）"
"""Stands in the minutes for speech that no engine could write."""
GENESIS = "0" * 64
CHUNK_BYTES = 1 << 20
UNREADABLE = (OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)


# --- Ed25519, RFC 8032 section 5.1 ----------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)


def _recover_x(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _SQRT_M1 % _P
    if (x * x - x2) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _decompress(data: bytes) -> tuple[int, int, int, int] | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _recover_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _compress(point: tuple[int, int, int, int]) -> bytes:
    z = pow(point[2], _P - 2, _P)
    x, y = point[0] * z % _P, point[1] * z % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _recover_x(_BASE_Y, 0) or 0
_BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
_IDENTITY = (0, 1, 1, 0)


def _two_products(
    s: int, p: tuple[int, int, int, int], k: int, q: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """[s]p + [k]q, both scalars walked at once."""
    both = _add(p, q)
    total = _IDENTITY
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        total = _add(total, total)
        pick = (s >> bit & 1) | (k >> bit & 1) << 1
        if pick:
            total = _add(total, (_IDENTITY, p, q, both)[pick])
    return total


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the holder of `public` (32). Never raises on bad bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _decompress(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % _L
    minus_key = (_P - key[0], key[1], key[2], _P - key[3])
    return _compress(_two_products(s, _BASE, k, minus_key)) == signature[:32]


# --- SM3, GB/T 32905-2016, for Pythons whose OpenSSL lacks it -------------------------------------------------

_M32 = 0xFFFFFFFF


def _rotate(word: int, bits: int) -> int:
    bits %= 32
    return (word << bits | word >> (32 - bits)) & _M32


class PureSm3:
    """SM3 as a hashlib-like object; about a thousand times slower than OpenSSL's."""

    def __init__(self, data: bytes = b"") -> None:
        self._state = [
            *(0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600),
            *(0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E),
        ]
        self._rest = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes) -> None:
        """Feed more bytes."""
        self._length += len(data)
        data = self._rest + bytes(data)
        whole = len(data) // 64 * 64
        for start in range(0, whole, 64):
            self._state = _sm3_block(self._state, data[start : start + 64])
        self._rest = data[whole:]

    def hexdigest(self) -> str:
        """The digest of what was fed so far, lower-case hex."""
        tail = self._rest + b"\x80" + b"\0" * ((55 - len(self._rest)) % 64) + (self._length * 8).to_bytes(8, "big")
        state = self._state
        for start in range(0, len(tail), 64):
            state = _sm3_block(state, tail[start : start + 64])
        return "".join(f"{word:08x}" for word in state)


def _sm3_block(state: list[int], block: bytes) -> list[int]:
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotate(w[j - 3], 15)
        w.append(x ^ _rotate(x, 15) ^ _rotate(x, 23) ^ _rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _rotate((_rotate(a, 12) + e + _rotate(constant, j)) & _M32, 7)
        ss2 = ss1 ^ _rotate(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & _M32
        tt2 = (gg + h + ss1 + w[j]) & _M32
        d, c, b, a = c, _rotate(b, 9), a, tt1
        h, g, f, e = g, _rotate(f, 19), e, tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17)
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]


def new_hash(algorithm: str) -> Any:
    """A fresh hash object of `sha512` or `sm3`."""
    if algorithm == "sm3":
        try:
            return hashlib.new("sm3")
        except ValueError:
            return PureSm3()
    return hashlib.sha512()


# --- where the package lies -----------------------------------------------------------------------------------


class NotAPackage(Exception):
    """The path does not lead to anything that could be a package: the call was wrong."""


class Folder:
    """A package as a folder. `strange` are things that are no plain files."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.files: dict[str, int] = {}
        self.strange: list[str] = []
        for item in sorted(self.root.rglob("*")):
            path = item.relative_to(self.root).as_posix()
            if item.is_symlink() or not (item.is_file() or item.is_dir()):
                self.strange.append(path)
            elif item.is_file():
                self.files[path] = item.stat().st_size

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return (self.root / path).open("rb")


class Archive:
    """A package as a zip with one folder at its top."""

    def __init__(self, path: str) -> None:
        self._zip = zipfile.ZipFile(path)
        self.files: dict[str, int] = {}
        self.strange: list[str] = []
        self._names: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.is_dir():
                continue
            inner = info.filename.split("/", 1)[-1]
            if inner in self.files or "/" not in info.filename:
                self.strange.append(info.filename)
            self.files[inner] = info.file_size
            self._names[inner] = info

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return self._zip.open(self._names[path])


def open_package(path: str) -> Folder | Archive:
    """Folder or Archive. NotAPackage when there is nothing that could be one."""
    if Path(path).is_dir():
        package: Folder | Archive = Folder(path)
    elif zipfile.is_zipfile(path):
        package = Archive(path)
    else:
        raise NotAPackage(f"{path} is neither a folder nor a zip file")
    marks = TAG_FILES + TAG_MANIFESTS + (SIGNATURE_FILE, EVENTS)
    if not any(mark in package.files for mark in marks):
        raise NotAPackage(f"{path} holds no record package")
    return package


# --- the checks -----------------------------------------------------------------------------------------------


class Verification:
    """One run. `wrong` lists findings, the most telling first; `notes` what is worth knowing and not wrong."""

    def __init__(self, package: Folder | Archive, key: str | None = None) -> None:
        self.package = package
        self.wanted_key = key
        self.wrong: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.fingerprint: str | None = None
        self.public: bytes | None = None
        self.session: str | None = None
        self.manifest_sha512: str | None = None
        self.bytes = self.events = self.heads = self.ranges = self.lines = 0
        self._named: set[str] = set()

    def run(self) -> bool:
        """All checks; returns whether the package is whole."""
        for path in self.package.strange:
            self._fault(path, "not a plain file 不是普通文件")
        tags = self._check_signature()
        manifests = self._check_tag_files(tags)
        self._check_payload(manifests)
        listed = {path for entries in manifests.values() for path in entries}
        if BALLOTS in listed and EVENTS not in listed:
            self._note_ballots()
        else:
            self._check_log()
        return not self.wrong

    def _fault(self, path: str, what: str, seq: int | None = None) -> None:
        self.wrong.append({"file": path, "what": what} if seq is None else {"file": path, "what": what, "seq": seq})
        self._named.add(path)

    def _read(self, path: str) -> bytes | None:
        """The bytes of a small file, or None (and a finding) when it is not there."""
        if path not in self.package.files:
            if path not in self._named:
                self._fault(path, "missing 文件缺失")
            return None
        try:
            with self.package.open(path) as file:
                return file.read()
        except UNREADABLE as error:
            self._fault(path, f"unreadable 无法读取: {error}")
            return None

    def _check_signature(self) -> dict[str, dict[str, str]]:
        """Returns the tag manifests as {algorithm: {path: digest}}, only those that the signature vouches for."""
        texts = {path: self._read(path) for path in TAG_MANIFESTS}
        parsed = {path: _parse_manifest(text) for path, text in texts.items() if text is not None}
        pem, signature = self._read(KEY_FILE), self._read(SIGNATURE_FILE)
        public = _public_key(pem)
        statement = _parse_signature(signature)
        genuine = bool(
            public
            and statement
            and statement["key"] == hashlib.sha256(public).hexdigest()
            and ed25519_verify(public, statement["signature"], statement["signed"])
        )
        if not genuine:
            self._blame_signature(parsed, pem, signature)
        if public:
            self.public = public
            self.fingerprint = hashlib.sha256(public).hexdigest()
            if self.wanted_key and self.fingerprint != self.wanted_key:
                self._fault(
                    KEY_FILE, f"another key than the one expected 签名密钥不是指定的法院密钥 ({self.fingerprint})"
                )
        trusted = {}
        for algorithm, path in zip(ALGORITHMS, TAG_MANIFESTS):
            text, entries = texts[path], parsed.get(path)
            if text is None:
                continue
            if genuine and statement and statement["digests"][path] != hashlib.sha512(text).hexdigest():
                self._fault(path, "altered: not what was signed 内容与签名不符")
            elif entries is None:
                self._fault(path, "not a manifest 清单格式错误")
            else:
                trusted[algorithm] = entries
        return trusted

    def _blame_signature(
        self, parsed: dict[str, dict[str, str] | None], pem: bytes | None, signature: bytes | None
    ) -> None:
        """The signature fails: was it the key file, the signature file or the manifests? The hashes tell."""
        if pem is not None and not any(_agrees(listed, KEY_FILE, pem) for listed in _listings(parsed)):
            self._fault(KEY_FILE, "altered 内容被改动")
        elif signature is not None and pem is not None:
            self._fault(SIGNATURE_FILE, "the signature is not valid 签名无效")

    def _check_tag_files(self, tags: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Returns the manifests as {algorithm: {path: digest}}, only those that are intact where one is."""
        listed = {path for entries in tags.values() for path in entries}
        own = set(TAG_MANIFESTS) | {SIGNATURE_FILE}
        for path in sorted(set(self.package.files) - listed - own):
            if not path.startswith("data/") and path not in TAG_FILES:
                self._fault(path, "added: not part of the package 多出的文件")
        for path in sorted(listed | set(TAG_FILES)):
            self._check_file(path, tags)
        bagit = self._read("bagit.txt")
        if bagit is not None and bagit != BAGIT_TXT:
            self._fault("bagit.txt", "not a BagIt 1.0 declaration 声明错误")
        manifests = {}
        for algorithm, path in zip(ALGORITHMS, MANIFESTS):
            text = self._read(path)
            if text is None:
                continue
            if algorithm == "sha512":
                self.manifest_sha512 = hashlib.sha512(text).hexdigest()
            entries = _parse_manifest(text)
            if entries is None:
                if path not in self._named:
                    self._fault(path, "not a manifest 清单格式错误")
            else:
                manifests[path] = (algorithm, entries)
        intact = {a: entries for path, (a, entries) in manifests.items() if path not in self._named}
        return intact or dict(manifests.values())

    def _check_payload(self, manifests: dict[str, dict[str, str]]) -> None:
        present = {path for path in self.package.files if path.startswith("data/")}
        listed = {path for entries in manifests.values() for path in entries}
        for path in sorted(present - listed):
            self._fault(path, "added: not in the manifest 多出的文件")
        for path in sorted(listed):
            self._check_file(path, manifests)

    def _check_file(self, path: str, manifests: dict[str, dict[str, str]]) -> None:
        """One file against every listing of it."""
        if path in self._named:
            return
        if path not in self.package.files:
            self._fault(path, "missing 文件缺失")
            return
        expected = {algorithm: entries.get(path) for algorithm, entries in manifests.items()}
        if not expected or None in expected.values():
            self._fault(path, "not listed in every manifest 未列入全部清单")
            return
        hashes = {algorithm: new_hash(algorithm) for algorithm in expected}
        try:
            with self.package.open(path) as file:
                while True:
                    chunk = file.read(CHUNK_BYTES)
                    if not chunk:
                        break
                    self.bytes += len(chunk)
                    for item in hashes.values():
                        item.update(chunk)
        except UNREADABLE as error:
            self._fault(path, f"unreadable 无法读取: {error}")
            return
        if any(item.hexdigest() != expected[algorithm] for algorithm, item in hashes.items()):
            self._fault(path, "altered 内容被改动")

    # --- the log ---

    def _note_ballots(self) -> None:
        """The ballot log has a verifier of its own, which counts again; here it is a file like others."""
        first = (self._read(BALLOTS) or b"").split(b"\n", 1)[0]
        header = _parse_object(first)
        if header is None or not isinstance(header.get("meeting"), str):
            self._fault(BALLOTS, "not a ballot log 不是表决日志")
            return
        self.session = header["meeting"]
        self.notes.append(
            "债权人会议卷宗：表决日志另用 verify_ballots.py 重新计票。 "
            "A creditors' meeting: count its ballot log again with verify_ballots.py."
        )

    def _check_log(self) -> None:
        entries = self._check_chain()
        if entries is None:
            return
        self._check_heads(entries)
        self._check_ranges(entries)
        self._check_text(entries)

    def _check_chain(self) -> list[dict[str, Any]] | None:
        text = self._read(EVENTS)
        if text is None:
            return None
        entries = []
        prev, at_ms = GENESIS, 0
        for number, line in enumerate(text.splitlines(), 1):
            entry = _parse_object(line)
            if entry is None:
                self._fault(EVENTS, f"line {number} is not a canonical entry 第{number}行格式错误", number)
                return None
            what = None
            if entry.get("seq") != number:
                what = f"entry {entry.get('seq')} stands in the place of {number} 事件次序错误"
            elif entry.get("session") != (self.session or entry.get("session")):
                what = "entry of another session 不属于本庭次"
            elif entry.get("prev") != prev:
                what = "does not carry the hash of the entry before 与前一事件不衔接"
            elif entry.get("hash") != hashlib.sha256(_canonical_without(entry, "hash")).hexdigest():
                what = "content does not match its hash 内容与哈希不符"
            elif not isinstance(entry.get("at_ms"), int) or entry["at_ms"] < at_ms:
                what = "its time is before the entry before 时间倒退"
            if what:
                self._fault(EVENTS, f"seq {number}: {what}", number)
                return None
            self.session = entry.get("session")
            prev, at_ms = entry["hash"], entry["at_ms"]
            entries.append(entry)
        self.events = len(entries)
        if not entries:
            self._fault(EVENTS, "empty 事件日志为空")
            return None
        return entries

    def _check_heads(self, entries: list[dict[str, Any]]) -> None:
        text = self._read(HEADS)
        if text is None:
            return
        last = 0
        for number, line in enumerate(text.splitlines(), 1):
            head = _parse_object(line)
            if head is None:
                self._fault(HEADS, f"line {number}: not a canonical head 格式错误")
                return
            what = self._head_fault(head, entries)
            if what:
                self._fault(HEADS, f"line {number}: {what}", head.get("seq"))
                return
            last = max(last, head["seq"])
            self.heads += 1
        if last != len(entries):
            self._fault(HEADS, f"no signed head covers entry {len(entries)} 最后的事件没有签名", len(entries))

    def _head_fault(self, head: dict[str, Any], entries: list[dict[str, Any]]) -> str | None:
        seq = head.get("seq")
        if not isinstance(seq, int) or not 1 <= seq <= len(entries):
            return "head of an entry that is not in the log 签名指向不存在的事件"
        if head.get("session") != self.session or head.get("hash") != entries[seq - 1]["hash"]:
            return "head of another log 签名与事件日志不符"
        if head.get("key") != self.fingerprint:
            return "signed by another key 由其他密钥签名"
        try:
            signature = bytes.fromhex(head.get("signature", ""))
        except (TypeError, ValueError):
            signature = b""
        if not ed25519_verify(self.public or b"", signature, _canonical_without(head, "signature")):
            return "signature is not valid 签名无效"
        return None

    def _check_ranges(self, entries: list[dict[str, Any]]) -> None:
        sealed: dict[Any, list[tuple[Any, int, dict[str, Any]]]] = {}
        for entry in entries:
            event = entry.get("event")
            if isinstance(event, dict) and event.get("type") == "recording.range":
                sealed.setdefault(event.get("file"), []).append((event.get("first_byte"), entry["seq"], event))
        for name, items in sorted(sealed.items(), key=lambda item: str(item[0])):
            path = f"{TRACKS}{name}"
            if path not in self.package.files:
                self._fault(
                    path, "missing, though the log sealed parts of it 事件日志中有记录但文件缺失", items[0][1]
                )
                continue
            with self.package.open(path) as file:
                end = 0
                for first, seq, event in sorted(items, key=lambda item: item[:2]):
                    if not self._range_matches(file, event):
                        what = "bytes %s..%s are not what was sealed while recording 与录制时的封存值不符"
                        self._fault(path, what % (first, event.get("end_byte")), seq)
                        break
                    end = event["end_byte"]
                    self.ranges += 1
            rest = self.package.files[path] - end
            if rest > 0:
                self.notes.append(
                    f"{path}: {rest} bytes after the last sealed range are vouched for by the manifest only"
                )

    def _check_text(self, entries: list[dict[str, Any]]) -> None:
        """Whether the transcript's files say what the log says. Packages from before there were any have none."""
        paths = (TRANSCRIPT_TXT, TRANSCRIPT_JSON, TRANSCRIPT_VTT, TRANSCRIPT_SRT)
        if not any(path in self.package.files for path in paths):
            return
        data = {path: self._read(path) for path in paths}
        try:
            lines = fold_lines([entry["event"] for entry in entries if isinstance(entry.get("event"), dict)])
            faults = list(text_faults(data, lines, _names_of(entries)))
        except (KeyError, TypeError, AttributeError) as error:
            self._fault(EVENTS, f"an event of the transcript is not understood 无法识别的笔录事件: {error}")
            return
        for path, fault in faults:
            if path not in self._named:
                self._fault(path, fault)
        self.lines = sum(line["shown"] for line in lines)

    @staticmethod
    def _range_matches(file: IO[bytes], event: dict[str, Any]) -> bool:
        first, end = event.get("first_byte"), event.get("end_byte")
        if not (isinstance(first, int) and isinstance(end, int) and 0 <= first <= end):
            return False
        digest = hashlib.sha512()
        file.seek(first)
        left = end - first
        while left > 0:
            chunk = file.read(min(left, CHUNK_BYTES))
            if not chunk:
                return False
            digest.update(chunk)
            left -= len(chunk)
        return digest.hexdigest() == event.get("sha512")


# --- the text: lines as the log makes them, and whether the files say the same ----------------------------------


def fold_lines(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the transcript, by time, from the events of the log in their order."""
    lines: dict[str, dict[str, Any]] = {}
    for seq, event in enumerate(events):
        _fold_line(lines, event, seq)
    for line in lines.values():
        line["shown"] = not line["struck"] and line["joined_to"] is None
    return sorted(lines.values(), key=lambda line: line["order"])


def _fold_line(lines: dict[str, dict[str, Any]], event: dict[str, Any], seq: int) -> None:
    kind = event.get("type")
    if kind in ("transcript.heard", "transcript.written"):
        made = {
            "id": event["utterance"] if kind == "transcript.heard" else event["line"],
            "kind": event.get("kind", "speech"),
            "order": (event["from_ms"], seq),
            "struck": False,
            "joined_to": None,
            "revision": 0,
            "trouble": event.get("trouble", ""),
        }
        made.update({name: event[name] for name in ("participant", "language", "from_ms", "to_ms", "text")})
        lines.setdefault(made["id"], made)
        return
    line = lines.get(event.get("line", ""))
    if line is None or not str(kind).startswith("transcript."):
        return
    if kind == "transcript.edited":
        line["text"] = event["text"]
    elif kind == "transcript.assigned":
        line["participant"] = event["participant"]
    elif kind == "transcript.struck":
        line["struck"] = event["struck"]
    elif kind == "transcript.split":
        at, at_ms = event["at"], event["at_ms"]
        rest = dict(line, id=event["second"], from_ms=at_ms, text=line["text"][at:], revision=0, order=(at_ms, seq))
        lines.setdefault(rest["id"], rest)
        line.update(text=line["text"][:at], to_ms=min(line["to_ms"], at_ms))
    elif kind == "transcript.merged" and event["second"] in lines:
        second = lines[event["second"]]
        second["joined_to"] = line["id"]
        line.update(text=line["text"] + second["text"], to_ms=max(line["to_ms"], second["to_ms"]))
    line["revision"] = event["revision"]


def legible(text: str) -> str:
    """As the minutes show a text: on one line, without hidden characters."""

    def shows(character: str) -> bool:
        code = ord(character)
        no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        return not no_character and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")

    return " ".join("".join(" " if c.isspace() else c for c in text if c.isspace() or shows(c)).split())


def paragraphs_of(line: dict[str, Any]) -> list[str]:
    """What the minutes show of a line; nothing of a mark and of what was struck out or joined to another."""
    if not line["shown"] or line["kind"] == "mark":
        return []
    texts = [text for text in map(legible, line["text"].splitlines()) if text]
    return texts or ([UNHEARD] if line["trouble"] else [])


def _names_of(entries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The name of each participant."""
    names = {}
    for entry in entries:
        event = entry.get("event")
        if isinstance(event, dict) and event.get("type") in ("session.created", "participant.added"):
            for seat in event.get("seats") or [event.get("seat")]:
                if isinstance(seat, dict):
                    names[str(seat.get("participant"))] = legible(str(seat.get("name")))
    return names


def text_faults(
    data: dict[str, bytes | None], lines: Sequence[dict[str, Any]], names: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for each file that does not say what the lines of the log say."""
    differs = "does not say what the log says 与事件日志不符"
    try:
        record = json.loads((data[TRANSCRIPT_JSON] or b"").decode("utf-8"))
        speakers = _speakers(record["lines"], lines, names)
        hashed = record["minutes_sha256"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield TRANSCRIPT_JSON, f"{differs}: {error}"
        return
    shown = [(line, text) for line in lines for text in [paragraphs_of(line)] if text]
    txt = data[TRANSCRIPT_TXT] or b""
    if hashlib.sha256(txt).hexdigest() != hashed:
        yield TRANSCRIPT_TXT, "is not the text whose SHA-256 transcript.json names 与 transcript.json 所列校验值不符"
    rest = iter(txt.decode("utf-8", "replace").split("\n"))
    for line, texts in shown:
        name = speakers[line["id"]]
        for text in [f"{name}：{texts[0]}" if name else texts[0], *texts[1:]]:
            # `in` consumes the iterator: the paragraphs have to stand there in this order.
            if text not in rest:
                yield TRANSCRIPT_TXT, f"{differs}: line 行 {line['id']}"
                return
    cues = list(_vtt_cues(data[TRANSCRIPT_VTT] or b""))
    said: dict[str, str] = {}
    for line_id, _, name, text in cues:
        if name != speakers.get(line_id):
            yield TRANSCRIPT_VTT, f"another speaker than in the log 发言人与事件日志不符: {line_id}"
            return
        said[line_id] = said.get(line_id, "") + text
    if said != {line["id"]: "".join(texts) for line, texts in shown}:
        yield TRANSCRIPT_VTT, differs
    elif list(_srt_cues(data[TRANSCRIPT_SRT] or b"")) != [
        (times, _narrow(f"{name}：{text}" if name else text)) for _, times, name, text in cues
    ]:
        yield TRANSCRIPT_SRT, "does not say what transcript.vtt says 与 transcript.vtt 不符"


def _speakers(
    told: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], names: dict[str, str]
) -> dict[str, str]:
    """How each line names who spoke; ValueError at the first line that is not as the log has it."""
    if [line["id"] for line in told] != [line["id"] for line in lines]:
        raise ValueError("other lines 行目不同")
    fields = ("kind", "participant", "language", "from_ms", "to_ms", "text", "revision", "shown", "joined_to")
    for line, own in zip(told, lines):
        for field in fields:
            if line[field] != own[field]:
                raise ValueError(f"line 行 {own['id']}: {field}")
        if own["shown"] and list(line["paragraphs"]) != paragraphs_of(own):
            raise ValueError(f"line 行 {own['id']}: paragraphs")
        if names.get(own["participant"], "") not in line["speaker"] or bool(own["participant"]) != bool(
            line["speaker"]
        ):
            raise ValueError(f"line 行 {own['id']}: speaker")
    return {line["id"]: line["speaker"] for line in told}


def _vtt_cues(data: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Line, times, speaker and text of each cue, without escapes."""
    for block in data.decode("utf-8", "replace").split("\n\n")[1:]:
        name, _, rest = block.partition("\n")
        times, _, text = rest.partition("\n")
        if name == "NOTE":
            continue
        voice = re.match(r"<v ([^>]*)>", text)
        text = text[voice.end() :] if voice else text
        line = re.sub(r"/[0-9]+\Z", "", name)
        yield line, times, html.unescape(voice.group(1)) if voice else "", html.unescape(text.replace("\n", ""))


def _srt_cues(data: bytes) -> Iterator[tuple[str, str]]:
    """Times (as WebVTT writes them) and text of each cue."""
    for block in filter(None, data.decode("utf-8", "replace").split("\n\n")):
        _, _, rest = block.partition("\n")
        times, _, text = rest.partition("\n")
        yield times.replace(",", "."), _narrow(text.replace("\n", ""))


def _narrow(text: str) -> str:
    """SRT has no escapes: marks of formatting stand there as their full-width twins."""
    return text.replace("＜", "<").replace("｛", "{")


def _parse_manifest(text: bytes) -> dict[str, str] | None:
    """{path: digest} of a BagIt manifest, or None when a line is wrong or a path is listed twice."""
    entries: dict[str, str] = {}
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    if lines.pop() != "":
        return None
    for line in lines:
        match = re.match(r"([0-9a-f]{64}|[0-9a-f]{128})  ([^\r\n]+)\Z", line)
        if match is None or match.group(2) in entries:
            return None
        entries[match.group(2)] = match.group(1)
    return entries


def _listings(parsed: dict[str, dict[str, str] | None]) -> Iterator[tuple[str, dict[str, str]]]:
    for algorithm, path in zip(ALGORITHMS, TAG_MANIFESTS):
        entries = parsed.get(path)
        if entries is not None:
            yield algorithm, entries


def _agrees(listing: tuple[str, dict[str, str]], path: str, data: bytes) -> bool:
    algorithm, entries = listing
    item = new_hash(algorithm)
    item.update(data)
    return bool(entries.get(path) == item.hexdigest())


def _public_key(pem: bytes | None) -> bytes | None:
    """Raw Ed25519 key of a SubjectPublicKeyInfo PEM (RFC 8410), or None."""
    match = re.match(
        rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]{1,200})\n-----END PUBLIC KEY-----\n\Z", pem or b""
    )
    if match is None:
        return None
    try:
        der = base64.b64decode(match.group(1).replace(b"\n", b""), validate=True)
    except (binascii.Error, ValueError):
        return None
    prefix = bytes.fromhex("302a300506032b6570032100")
    return der[len(prefix) :] if der.startswith(prefix) and len(der) == len(prefix) + 32 else None


def _parse_signature(data: bytes | None) -> dict[str, Any] | None:
    """What the signature file says, or None. The bytes before its last line are what is signed."""
    pattern = (
        rb"(Yunting-Package-Signature: 1\nKey: ([0-9a-f]{64})\n"
        rb"tagmanifest-sha512\.txt: ([0-9a-f]{128})\ntagmanifest-sm3\.txt: ([0-9a-f]{128})\n)"
        rb"Signature: ([0-9a-f]{128})\n\Z"
    )
    match = re.match(pattern, data or b"")
    if match is None:
        return None
    digests = dict(zip(TAG_MANIFESTS, (match.group(3).decode(), match.group(4).decode())))
    return {
        "signed": match.group(1),
        "key": match.group(2).decode(),
        "digests": digests,
        "signature": bytes.fromhex(match.group(5).decode()),
    }


def _parse_object(line: bytes) -> dict[str, Any] | None:
    """The object of a line of canonical JSON, or None when it is anything else."""
    try:
        value = json.loads(line.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse)
        if isinstance(value, dict) and _canonical(value) == line:
            return value
    except (ValueError, RecursionError):
        pass
    return None


def _refuse(text: str) -> Any:
    raise ValueError(f"no float has a canonical form: {text}")


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _canonical_without(value: dict[str, Any], field: str) -> bytes:
    return _canonical({name: inner for name, inner in value.items() if name != field})


# --- command line ---------------------------------------------------------------------------------------------


def verify_path(path: str, key: str | None = None) -> dict[str, Any]:
    """Verify the package at `path`; returns the result as a dict (see `--json`). NotAPackage when there is none."""
    started = time.monotonic()
    run = Verification(open_package(path), key)
    ok = run.run()
    return {
        "ok": ok,
        "wrong": run.wrong,
        "notes": run.notes,
        "session": run.session,
        "key": run.fingerprint,
        "key_checked": key is not None,
        "manifest_sha512": run.manifest_sha512,
        "files": len(run.package.files),
        "bytes": run.bytes,
        "events": run.events,
        "heads": run.heads,
        "ranges": run.ranges,
        "lines": run.lines,
        "seconds": round(time.monotonic() - started, 3),
    }


def report(result: dict[str, Any], out: IO[str]) -> None:
    """The result in words for a person."""
    for finding in result["wrong"]:
        out.write("错误 WRONG  {}: {}\n".format(finding["file"], finding["what"]))
    for note in result["notes"]:
        out.write(f"说明 note   {note}\n")
    checked = " (已比对 as expected)" if result["key_checked"] and result["ok"] else ""
    out.write(f"庭次 session {result['session']}\n")
    out.write(f"密钥指纹 key fingerprint {result['key']}{checked}\n")
    out.write(f"校验值 SHA-512 of manifest-sha512.txt {result['manifest_sha512']}\n")
    out.write("{files} files, {bytes} bytes, {events} events, {heads} signed heads, ".format(**result))
    out.write("{ranges} sealed ranges, {lines} lines of the minutes, {seconds:.1f} s\n".format(**result))
    if result["ok"]:
        out.write("通过：卷宗包完整，签名有效。 OK: the package is whole and its signature is valid.\n")
        if not result["key_checked"]:
            out.write(
                "请将密钥指纹与法院公布的指纹核对。 Compare the fingerprint with the one the court publishes.\n"
            )
    else:
        out.write("未通过：卷宗包与封存时不一致。 NOT OK: the package is not what was sealed.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: see the top of the file."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a sealed record package. 校验庭审卷宗包。")
    here = str(Path(__file__).resolve().parent)
    parser.add_argument("path", nargs="?", default=here, help="folder or .zip of the package (default: this folder)")
    parser.add_argument("--key", help="fingerprint of the court's key: any other key is wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    arguments = parser.parse_args(argv)
    key = re.sub(r"[\s:]", "", arguments.key).lower() if arguments.key is not None else None
    if key is not None and not re.match(r"[0-9a-f]{64}\Z", key):
        sys.stderr.write("--key: 指纹应为 64 位十六进制 a fingerprint has 64 hexadecimal digits\n")
        return 2
    try:
        result = verify_path(arguments.path, key)
    except (NotAPackage, zipfile.BadZipFile) as error:
        sys.stderr.write(f"找不到卷宗包 {error}\n")
        return 2
    except PermissionError as error:
        sys.stderr.write(f"无法读取 cannot read: {error}\n")
        return 3
    report(result, sys.stdout)
    if arguments.json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
