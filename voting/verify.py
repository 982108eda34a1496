#!/usr/bin/env python3
"""Verify the ballot log of a creditors' meeting of Yunting 云庭. Standard library only, no
network, Python 3.9 or later.

    python3 verify.py ballot-log.jsonl [--key FINGERPRINT] [--receipt FILE] [--json]
                                       [--anchors anchors.jsonl [--anchors-to FOLDER]]

Exit code: 0 the log is right, 1 it is not (each wrong line or leaf is named, the first first), 2 the call was wrong.

Written from docs/ballot-log.md alone; section numbers below are those of that page. What is checked:
1. the last line: hash and signature of the whole file; with --key, that it is signed by that key (9);
2. counts of lines, and that each is canonical JSON of exactly the fields the page names (1, 2, 9);
3. the tree, each signed head and each anchor on it (1, 8); the rolls and their roots (3);
4. the order of the leaves and who may do what in it (2, 4, 5), the draws (7);
5. in a `court` edition each round is counted again from rolls and ballots and has to give the very result with its
   alternatives (4 to 6); in a `public` edition the result has to follow from its own sums;
6. with --anchors, that each anchor of the log has its evidence in that file, and each evidence is of a head of this
   log (10). Of a time stamp the imprint is compared, not its signature, which needs the authority's certificate:
   --anchors-to writes each stamp beside its head, for `openssl ts -verify -in N.tsr -data N.json -CAfile ca.pem`;
7. with --receipt, that the ballot you were given a receipt for is in this log; if it is not, that is an alarm.

A forged log can carry a forged verifier: take this program from the court, and compare the key's fingerprint with the
one that the court publishes. Ed25519 and SM3 stand here as they do in the verifier of record packages: a program that
is handed to strangers as one file cannot share them.
"""

# ruff: noqa: B905 - runs on Pythons whose zip() has no `strict`

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import json
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

MOST = 2**53 - 1
MOST_OF_ENTRY_FEN = 10**15
GROUPS = ("equity", "ordinary", "secured", "small", "tax", "wage")
CHOICES = ("agree", "against", "abstain", "invalid")
SILENT = ("signed_in", "voters_only", "deemed_agree", "deemed_abstain")
CONTRACTUAL = ("distribution", "composition")
"""Matters in which only unsecured money votes, and none without money (4)."""
MATTERS: dict[str, tuple[tuple[int, int], str, str]] = {
    # the part of the amount that has to agree; what follows a failed round 1, a failed round 2
    "ordinary": ((1, 2), "final", "final"),
    "committee": ((1, 2), "final", "final"),
    "management": ((1, 2), "court", "court"),
    "distribution": ((1, 2), "second_round", "court"),
    "composition": ((2, 3), "final", "final"),
    "plan": ((2, 3), "second_round", "court"),
}


class Fault(Exception):
    """One thing that is wrong: `line` of the file from 1 (0: none), and the leaf's `seq` where it is one."""

    def __init__(self, line: int, zh: str, en: str, seq: int | None = None, where: str = "") -> None:
        super().__init__(en)
        self.line, self.zh, self.en, self.seq = line, zh, en, seq
        self.where = where
        """What is wrong where it is no line of the log."""


# --- Ed25519, RFC 8032 section 5.1: one key signs thousands of heads, so products come from a table for each point

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_D2 = 2 * _D % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_WINDOW_BITS = 6
_MASK = (1 << _WINDOW_BITS) - 1

Point = tuple[int, int, int, int]


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


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = p[3] * q[3] % _P * _D2 % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _table(point: Point) -> list[list[Point]]:
    """[window][digit] -> digit * 2^(window * bits) * point."""
    windows = []
    for _ in range(0, 256, _WINDOW_BITS):
        row = [(0, 1, 1, 0), point]
        for _ in range(_MASK - 1):
            row.append(_add(row[-1], point))
        windows.append(row)
        point = _add(row[-1], point)
    return windows


@functools.lru_cache(maxsize=8)
def _table_of_minus(public: bytes) -> list[list[Point]] | None:
    number = int.from_bytes(public, "little")
    y = number & ((1 << 255) - 1)
    x = _recover_x(y, number >> 255)
    return None if x is None else _table((_P - x, y, 1, (_P - x) * y % _P))


@functools.lru_cache(maxsize=1)
def _table_of_base() -> list[list[Point]]:
    y = 4 * pow(5, _P - 2, _P) % _P
    x = _recover_x(y, 0) or 0
    return _table((x, y, 1, x * y % _P))


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes) over `message` is by the holder of `public` (32). Never raises on bad bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    minus_key = _table_of_minus(public)
    s = int.from_bytes(signature[32:], "little")
    if minus_key is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    total: Point = (0, 1, 1, 0)
    for table, scalar in ((_table_of_base(), s), (minus_key, k)):
        for row in table:
            digit = scalar & _MASK
            if digit:
                total = _add(total, row[digit])
            scalar >>= _WINDOW_BITS
    z = pow(total[2], _P - 2, _P)
    x, y = total[0] * z % _P, total[1] * z % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- SM3, GB/T 32905-2016, for Pythons whose OpenSSL lacks it -----------------------------------------------------

_M32 = 0xFFFFFFFF


def _rotate(word: int, bits: int) -> int:
    bits %= 32
    return (word << bits | word >> (32 - bits)) & _M32


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


def pure_sm3(data: bytes) -> bytes:
    """SM3 without OpenSSL, about a thousand times slower."""
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + (len(data) * 8).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        state = _sm3_block(state, padded[start : start + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def hash_of(alg: str) -> Callable[[bytes], bytes]:
    """H of section 1."""
    if alg == "sha256":
        return lambda data: hashlib.sha256(data).digest()
    try:
        hashlib.new("sm3")
    except ValueError:
        return pure_sm3
    return lambda data: hashlib.new("sm3", data).digest()


# --- 1: text and tree ---------------------------------------------------------------------------------------------

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _refuse(text: str) -> Any:
    raise ValueError(f"no float has a canonical form: {text}")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode


def parse_object(line: bytes) -> dict[str, Any] | None:
    """The object of a line of canonical JSON, or None when it is anything else."""
    try:
        text = line.decode("utf-8")
        value = _decode(text)
        if type(value) is dict and _encode(value) == text:
            return value
    except (ValueError, RecursionError):
        pass
    return None


def canonical(value: Any) -> bytes:
    """Section 1. ValueError where it has no canonical form."""
    return _encode(value).encode("utf-8")


class Tree:
    """RFC 9162 section 2.1, grown leaf hash by leaf hash; the peaks of the complete subtrees are kept."""

    def __init__(self, h: Callable[[bytes], bytes]) -> None:
        self.size = 0
        self._h = h
        self._peaks: list[bytes] = []

    def append(self, leaf_hash: bytes) -> None:
        """One more leaf."""
        size, peaks = self.size, self._peaks
        while size & 1:
            leaf_hash = self._h(b"\1" + peaks.pop() + leaf_hash)
            size >>= 1
        peaks.append(leaf_hash)
        self.size += 1

    def root(self) -> str:
        """Of all leaves so far, hex."""
        if not self._peaks:
            return self._h(b"").hex()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = self._h(b"\1" + peak + node)
        return node.hex()


# --- 2: what a field may hold -------------------------------------------------------------------------------------

Check = Callable[[Any], bool]


def _matching(pattern: str) -> Check:
    match = re.compile(pattern).match
    return lambda value: type(value) is str and match(value) is not None


def _one_of(*words: Any) -> Check:
    return lambda value: type(value) in (str, int) and value in words


def _list_of(item: Check) -> Check:
    return lambda value: type(value) is list and all(map(item, value))


def _object(**fields: Check) -> Check:
    names = fields.keys()
    return lambda value: type(value) is dict and value.keys() == names and all(f(value[n]) for n, f in fields.items())


def _whole(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MOST


def _text(value: Any) -> bool:
    return (
        type(value) is str and len(value) <= 500 and not any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    )


def _two(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(map(_id, value)) and value[0] != value[1]


def _free(value: Any) -> bool:
    """What the page leaves open: a truth, a number, or a text."""
    return type(value) is bool or _whole(value) or _text(value)


_id = _matching(r"[A-Za-z0-9._:-]{1,64}\Z")
_id_or_none = _matching(r"[A-Za-z0-9._:-]{0,64}\Z")
_creditor = _matching(r"(?!bloc:)[A-Za-z0-9._:-]{1,64}\Z")
_ulid = _matching(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_hash = _matching(r"[0-9a-f]{64}\Z")
_signature = _matching(r"[0-9a-f]{128}\Z")
_hex = _matching(r"(?:[0-9a-f]{2})+\Z")
_salt = _matching(r"[0-9a-f]{32}\Z")
_alg = _one_of("sha256", "sm3")
_round = _one_of(1, 2)
_group = _one_of(*GROUPS)
_division = _one_of("all", *GROUPS)
_matter = _one_of(*MATTERS)
_cast = _one_of(*CHOICES[:3])
_choice = _one_of(*CHOICES)
_sum = _object(amount_fen=_whole, heads=_whole)
_divisions = _list_of(
    _object(
        abstain=_sum,
        against=_sum,
        agree=_sum,
        amount_missing_fen=_whole,
        deemed=_sum,
        division=_division,
        heads_missing=_whole,
        invalid=_sum,
        passed=lambda value: type(value) is bool,
        present=_sum,
        silent=_sum,
        total=_sum,
    )
)
_options = _object(
    ballots=_one_of("final", "last"),
    bloc=_list_of(_object(group=_group, representative=_id)),
    court_ref=_text,
    equity_base=_one_of("present", "total"),
    resolution=_text,
    secured=_one_of("exclude", "include"),
    silent=_one_of(*SILENT),
)
_truth: Check = lambda value: type(value) is bool  # noqa: E731

KINDS: dict[str, dict[str, Check]] = {
    "meeting.created": {"alg": _alg, "case_no": _text, "ruleset": _one_of("EBL2006+JI3"), "title": _text},
    "roll.frozen": {"entries": _whole, "roll": _id, "root": _hash},
    "presence": {
        "attendee": _id,
        "by": _id,
        "channel": _one_of("online", "onsite"),
        "salt": _salt,
        "state": _one_of("in", "out"),
    },
    "mandate": {
        "agent": _id,
        "document": _hash,
        "instructions": _list_of(_object(choice=_cast, motion=_id)),
        "mandate": _id,
        "motions": _list_of(_id),
        "principal": _creditor,
        "salt": _salt,
    },
    "mandate.revoked": {"by": _id, "mandate": _id, "salt": _salt},
    "motion.opened": {
        "by": _two,
        "closes_utc_ms": _whole,
        "groups": _list_of(_group),
        "matter": _matter,
        "motion": _id,
        "options": _options,
        "roll": _id,
        "round": _round,
        "title": _text,
    },
    "motion.extended": {"by": _two, "closes_utc_ms": _whole, "motion": _id, "round": _round},
    "exclusion": {"court_ref": _text, "creditor": _creditor, "motion": _id, "round": _round, "salt": _salt},
    "ballot": {
        "actor": _id,
        "amount_fen": _whole,
        "channel": _one_of("online", "onsite", "paper"),
        "choice": _choice,
        "creditor": _id,
        "division": _division,
        "heads": _one_of(1),
        "idem": _id,
        "mandate": _id_or_none,
        "motion": _id,
        "paper": _id_or_none,
        "round": _round,
        "salt": _salt,
    },
    "paper.entered": {
        "channel": _one_of("paper", "phone"),
        "choice": _choice,
        "clerk": _id,
        "creditor": _id,
        "division": _division,
        "motion": _id,
        "paper": _id,
        "received_utc_ms": _whole,
        "round": _round,
        "salt": _salt,
        "scan": _hash,
    },
    "motion.closed": {"by": _two, "motion": _id, "round": _round},
    "deemed": {
        "choice": _one_of("agree", "abstain"),
        "court_ref": _text,
        "divisions": _list_of(_object(amount_fen=_whole, division=_division, heads=_whole)),
        "motion": _id,
        "resolution": _text,
        "round": _round,
    },
    "result": {
        "alternatives": _list_of(
            _object(
                divisions=_divisions,
                option=_one_of("silent", "secured", "exclusions"),
                passed=_truth,
                value=_one_of(*SILENT, "exclude", "include", "none"),
            )
        ),
        "divisions": _divisions,
        "motion": _id,
        "next": _one_of("final", "second_round", "court"),
        "passed": _truth,
        "round": _round,
    },
    "result.announced": {"by": _two, "motion": _id, "result": _whole, "round": _round},
    "draw.committed": {"commitment": _hash, "count": _whole, "draw": _id, "pool": _hash, "pool_size": _whole},
    "draw.revealed": {"chosen": _list_of(_whole), "draw": _id, "public": _text, "secret": _hash},
    "cram.entered": {
        "claimed": _free,
        "condition": _one_of(1, 2, 3, 4, 5, 6),
        "evidence": _free,
        "finding": _free,
        "motion": _id,
    },
    "anchor": {"anchor": _one_of("file", "rfc3161", "https"), "evidence": _hash, "root": _hash, "size": _whole},
    "meeting.closed": {"by": _two},
}
_COMMON: dict[str, Check] = {
    "kind": _one_of(*KINDS),
    "meeting": _ulid,
    "seq": _whole,
    "utc_ms": _whole,
    "v": _one_of(1),
}
_LEAVES = {kind: tuple({**_COMMON, **fields}.items()) for kind, fields in KINDS.items()}
_NAMES = {kind: frozenset(name for name, _ in fields) for kind, fields in _LEAVES.items()}
_ENTRY = {
    "amount_fen": _whole,
    "court_ref": _text,
    "creditor": _creditor,
    "group": _group,
    "kind": _one_of("confirmed", "provisional", "none"),
    "person": _hash,
    "secured_fen": _whole,
}
_HEAD = {
    "alg": _alg,
    "key": _hash,
    "meeting": _ulid,
    "root": _hash,
    "signature": _signature,
    "size": _whole,
    "utc_ms": _whole,
}
_LATE = {
    "closed_seq": _whole,
    "creditor": _id,
    "division": _division,
    "idem": _id,
    "key": _hash,
    "late": _truth,
    "meeting": _ulid,
    "motion": _id,
    "round": _round,
    "signature": _signature,
    "utc_ms": _whole,
}
_PROOF = {
    "anchor": _one_of("file", "rfc3161", "https"),
    "evidence": _hex,
    "head": _object(**_HEAD),
}
_HEADER = _object(
    alg=_alg,
    edition=_one_of("court", "public"),
    format=_one_of("yunting-ballot-log/1"),
    heads=_whole,
    keys=_list_of(_object(key=_hash, public=_hash)),
    leaves=_whole,
    meeting=_ulid,
    rolls=_list_of(_object(entries=_whole, roll=_id)),
)
_is_hidden = _object(hash=_hash)


def wrong_field(value: Any, fields: Iterable[tuple[str, Check]]) -> str | None:
    """The first field that holds what the page does not allow; "" where there are too many or too few."""
    fields = tuple(fields)
    if type(value) is not dict or value.keys() != {name for name, _ in fields}:
        return ""
    return next((name for name, check in fields if not check(value[name])), None)


def wrong_in_leaf(leaf: dict[str, Any]) -> str | None:
    """As `wrong_field`, for a leaf of any kind."""
    kind = leaf.get("kind")
    if type(kind) is not str or kind not in KINDS:
        return "kind"
    if leaf.keys() != _NAMES[kind]:
        return ""
    for name, check in _LEAVES[kind]:
        if not check(leaf[name]):
            return name
    return None


# --- 4 to 6: units, ballots that count, the result ----------------------------------------------------------------


def units_of(
    entries: Sequence[dict[str, Any]],
    division: str,
    matter: str,
    options: dict[str, Any],
    excluded: Iterable[str] = (),
) -> dict[str, int]:
    """Who may vote in a division (4): unit -> amount_fen. Blocs are named `bloc:` and the group."""
    blocs = {bloc["group"]: "bloc:" + bloc["group"] for bloc in options["bloc"]}
    whole = matter == "plan" or (options["secured"] == "include" and matter not in CONTRACTUAL)
    units: dict[str, int] = {}
    for entry in entries:
        group, creditor = entry["group"], entry["creditor"]
        if (group != division if matter == "plan" else group == "equity") or entry["kind"] == "none":
            continue
        if creditor in excluded:
            continue
        unit = blocs.get(group, creditor)
        units[unit] = units.get(unit, 0) + entry["amount_fen"] - (0 if whole else entry["secured_fen"])
    return {unit: amount for unit, amount in units.items() if amount} if matter in CONTRACTUAL else units


def decide(
    division: str, matter: str, options: dict[str, Any], silent: str, sums: dict[str, tuple[int, int]]
) -> dict[str, Any]:
    """One division of a result (6). `sums`: (heads, amount_fen) of the four choices, and of the units without a
    ballot that were `here` and that were `away`."""

    def plus(*names: str) -> tuple[int, int]:
        return sum(sums[name][0] for name in names), sum(sums[name][1] for name in names)

    total, cast, nobody = plus(*CHOICES, "here", "away"), plus(*CHOICES), (0, 0)
    shown = {name: sums[name] for name in CHOICES}
    shown.update(silent=nobody, deemed=nobody, present=cast, total=total)
    if silent == "signed_in":
        shown.update(silent=sums["here"], present=plus(*CHOICES, "here"))
    elif silent != "voters_only":
        shown.update(deemed=plus("here", "away"), present=total)
    heads, amount_fen = shown["agree"]
    if silent == "deemed_agree":
        heads, amount_fen = heads + shown["deemed"][0], amount_fen + shown["deemed"][1]
    base_fen = total[1]
    if division == "equity":
        base_fen = total[1] if options["equity_base"] == "total" else shown["present"][1]
        heads_missing = 0 if heads else 1
    else:
        heads_missing = max(0, shown["present"][0] // 2 + 1 - heads)
    part, whole = MATTERS[matter][0]
    amount_missing = max(0, -(-part * base_fen // whole) - amount_fen)
    told: dict[str, Any] = {name: {"amount_fen": fen, "heads": count} for name, (count, fen) in shown.items()}
    told.update(amount_missing_fen=amount_missing, division=division, heads_missing=heads_missing)
    told["passed"] = not heads_missing and not amount_missing and total[0] > 0
    return told


class Round:
    """One round of a motion, from its opening."""

    def __init__(self, leaf: dict[str, Any], entries: Sequence[dict[str, Any]], attending: Iterable[str]) -> None:
        self.leaf = leaf
        self.motion, self.number, self.matter = leaf["motion"], leaf["round"], leaf["matter"]
        self.options = leaf["options"]
        self.entries = entries
        self.divisions: list[str] = leaf["groups"] if self.matter == "plan" else ["all"]
        self.closes_utc_ms = leaf["closes_utc_ms"]
        self.representatives = {"bloc:" + bloc["group"]: bloc["representative"] for bloc in self.options["bloc"]}
        self.attended = set(attending)
        self.units = {division: units_of(entries, division, self.matter, self.options) for division in self.divisions}
        self.ballots: dict[str, dict[str, str]] = {division: {} for division in self.divisions}
        self.excluded: set[str] = set()
        self.closed: dict[str, Any] | None = None
        self.deemed: dict[str, Any] | None = None
        self.result: dict[str, Any] | None = None
        self.announced = False

    def follows(self, passed: bool) -> str:
        """`next` of the result."""
        _, first, second = MATTERS[self.matter]
        return "final" if passed else first if self.number == 1 else second

    def recount(self) -> dict[str, Any]:
        """divisions, passed, next and alternatives as section 6 has them."""
        own = self.options["silent"]
        sums = self._sums(self.options, self.excluded)
        by_silent = {silent: self._decided(self.options, silent, sums) for silent in SILENT}
        alternatives = [("silent", silent, by_silent[silent]) for silent in SILENT if silent != own]
        if self.matter not in ("plan", *CONTRACTUAL):
            for secured in ("exclude", "include"):
                if secured != self.options["secured"]:
                    options = dict(self.options, secured=secured)
                    told = self._decided(options, own, self._sums(options, self.excluded))
                    alternatives.append(("secured", secured, told))
        if self.excluded:
            told = self._decided(self.options, own, self._sums(self.options, set()))
            alternatives.append(("exclusions", "none", told))
        passed = _all_pass(by_silent[own])
        return {
            "alternatives": [
                {"divisions": divisions, "option": option, "passed": _all_pass(divisions), "value": value}
                for option, value, divisions in alternatives
            ],
            "divisions": by_silent[own],
            "next": self.follows(passed),
            "passed": passed,
        }

    def _decided(
        self, options: dict[str, Any], silent: str, sums: dict[str, dict[str, tuple[int, int]]]
    ) -> list[dict[str, Any]]:
        return [decide(division, self.matter, options, silent, sums[division]) for division in self.divisions]

    def _sums(self, options: dict[str, Any], excluded: set[str]) -> dict[str, dict[str, tuple[int, int]]]:
        return {division: self._sum(division, options, excluded) for division in self.divisions}

    def _sum(self, division: str, options: dict[str, Any], excluded: set[str]) -> dict[str, tuple[int, int]]:
        ballots = self.ballots[division]
        heads = dict.fromkeys((*CHOICES, "here", "away"), 0)
        amount_fen = dict(heads)
        for unit, amount in units_of(self.entries, division, self.matter, options, excluded).items():
            kind = ballots.get(unit) or ("here" if unit in self.attended else "away")
            heads[kind] += 1
            amount_fen[kind] += amount
        return {kind: (heads[kind], amount_fen[kind]) for kind in heads}


def _all_pass(divisions: Iterable[dict[str, Any]]) -> bool:
    return all(division["passed"] for division in divisions)


def first_difference(told: Any, counted: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """Where two values differ: (path, as told, as counted)."""
    if type(told) is not type(counted):
        return path, told, counted
    if type(told) is dict and told.keys() == counted.keys():
        pairs = ((f"{path}.{name}" if path else name, told[name], counted[name]) for name in sorted(told))
    elif type(told) is list and len(told) == len(counted):
        pairs = ((f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(told, counted)))
    else:
        return None if told == counted else (path, told, counted)
    return next(filter(None, (first_difference(a, b, where) for where, a, b in pairs)), None)


class Story:
    """The leaves in their order (2): each is refused as a Fault where it must not stand."""

    def __init__(self, h: Callable[[bytes], bytes], public: bool, rolls: dict[str, list[dict[str, Any]]]) -> None:
        self._h = h
        self.public = public
        self.rolls = rolls
        self.frozen: set[str] = set()
        self.rounds: dict[tuple[str, int], Round] = {}
        self.attending: set[str] = set()
        self.mandates: dict[str, dict[str, Any]] = {}
        self.revoked: set[str] = set()
        self.papers: dict[str, list[dict[str, Any]]] = {}
        self.idems: set[str] = set()
        self.exclusions: dict[tuple[str, int], set[str]] = {}
        self.draws: dict[str, dict[str, Any]] = {}
        self.drawn: set[str] = set()
        self.over = False
        self.utc_ms = 0
        self.deemed_now: Round | None = None
        self.ballots = 0
        self._tell = {kind: getattr(self, "_" + kind.replace(".", "_"), None) for kind in KINDS}

    def hidden(self, seq: int) -> None:
        """A leaf of which only the hash is told (9)."""
        self._may_stand(seq, "")

    def leaf(self, leaf: dict[str, Any]) -> None:
        """The next leaf in clear. Raises Fault."""
        seq, kind = leaf["seq"], leaf["kind"]
        self._may_stand(seq, kind)
        if leaf["utc_ms"] < self.utc_ms:
            raise _wrong(seq, "时间早于前一条", "its time is before that of the leaf before")
        self.utc_ms = leaf["utc_ms"]
        tell = self._tell[kind]
        if tell is not None:
            tell(leaf, seq)

    def end(self, seq: int) -> None:
        """After the last leaf."""
        if self.deemed_now is not None:
            raise _wrong(seq - 1, "deemed 之后没有结果", "no result follows the deemed votes")

    def _may_stand(self, seq: int, kind: str) -> None:
        if (seq == 0) != (kind == "meeting.created"):
            raise _wrong(seq, "meeting.created 必须且只能是第一条", "meeting.created is the first leaf, and only it")
        if self.over:
            raise _wrong(seq, "会议闭会之后还有记录", "it stands after meeting.closed")
        if self.deemed_now is not None and kind != "result":
            raise _wrong(seq, "deemed 之后必须紧接结果", "the result has to follow directly after the deemed votes")

    def _roll_frozen(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["roll"] in self.frozen:
            raise _wrong(seq, f"债权表 {leaf['roll']} 已固定过", f"the roll {leaf['roll']} was frozen before")
        if leaf["roll"] not in self.rolls:
            raise _wrong(seq, f"文件中没有债权表 {leaf['roll']}", f"the file has no roll {leaf['roll']}")
        self.frozen.add(leaf["roll"])

    def _presence(self, leaf: dict[str, Any], seq: int) -> None:
        attendee = leaf["attendee"]
        if leaf["state"] == "out":
            self.attending.discard(attendee)
            return
        self.attending.add(attendee)
        for round_ in self.rounds.values():
            if round_.closed is None:
                round_.attended.add(attendee)

    def _mandate(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["mandate"] in self.mandates:
            raise _wrong(seq, "同一委托编号出现两次", "this mandate was given before")
        self.mandates[leaf["mandate"]] = leaf

    def _mandate_revoked(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["mandate"] not in self.mandates or leaf["mandate"] in self.revoked:
            raise _wrong(seq, "被撤销的委托不存在或已撤销", "it revokes a mandate that does not stand")
        self.revoked.add(leaf["mandate"])

    def _motion_opened(self, leaf: dict[str, Any], seq: int) -> None:
        motion, number, matter, options = leaf["motion"], leaf["round"], leaf["matter"], leaf["options"]
        if leaf["roll"] not in self.frozen:
            raise _wrong(seq, "所用债权表尚未固定", "its roll was not frozen before")
        if (motion, number) in self.rounds:
            raise _wrong(seq, "该轮表决已开启过", "this round was opened before")
        groups = leaf["groups"]
        if sorted(set(groups)) != groups or bool(groups) != (matter == "plan"):
            raise _wrong(seq, "表决组填写有误", "the groups are not as the matter has them")
        blocs = [bloc["group"] for bloc in options["bloc"]]
        if sorted(set(blocs)) != blocs:
            raise _wrong(seq, "整组表决的组别未排序或重复", "the blocs are not sorted, or one is there twice")
        deemed = options["silent"].startswith("deemed_")
        if bool(options["court_ref"]) != deemed or bool(options["resolution"]) != deemed:
            raise _wrong(
                seq,
                "视为表决须有且仅在此时有裁定和决议依据",
                "court_ref and resolution belong to deemed votes, and only to them",
            )
        if number == 2:
            first = self.rounds.get((motion, 1))
            if first is None or first.result is None or first.result["next"] != "second_round":
                raise _wrong(seq, "没有须再次表决的第一轮结果", "no result of a round 1 calls for a round 2")
            if first.matter != matter:
                raise _wrong(seq, "第二轮的事项与第一轮不同", "round 2 is about another matter than round 1")
            failed = [d["division"] for d in first.result["divisions"] if not d["passed"]]
            if matter == "plan" and groups != failed:
                raise _wrong(
                    seq,
                    "第二轮的组不是第一轮未通过的组",
                    "the groups of round 2 are not those that failed in round 1",
                )
        round_ = Round(leaf, self.rolls.get(leaf["roll"], ()), self.attending)
        round_.excluded = self.exclusions.setdefault((motion, number), set())
        self.rounds[motion, number] = round_

    def _round(self, leaf: dict[str, Any], seq: int) -> Round:
        round_ = self.rounds.get((leaf["motion"], leaf["round"]))
        if round_ is None:
            raise _wrong(seq, "该轮表决没有开启", "this round was not opened")
        return round_

    def _open_round(self, leaf: dict[str, Any], seq: int) -> Round:
        round_ = self._round(leaf, seq)
        if round_.closed is not None:
            raise _wrong(seq, "该轮表决已经截止", "this round is closed")
        return round_

    def _motion_extended(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._open_round(leaf, seq)
        if leaf["closes_utc_ms"] <= round_.closes_utc_ms:
            raise _wrong(seq, "延长后的截止时间不晚于原时间", "it does not extend the round")
        round_.closes_utc_ms = leaf["closes_utc_ms"]

    def _exclusion(self, leaf: dict[str, Any], seq: int) -> None:
        at = leaf["motion"], leaf["round"]
        if at in self.rounds and self.rounds[at].closed is not None:
            raise _wrong(seq, "回避作出在表决截止之后", "the exclusion comes after the closing")
        self.exclusions.setdefault(at, set()).add(leaf["creditor"])

    def _paper_entered(self, leaf: dict[str, Any], seq: int) -> None:
        self.papers.setdefault(leaf["paper"], []).append(leaf)

    def _ballot(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._round(leaf, seq)
        creditor, division = leaf["creditor"], leaf["division"]
        if leaf["idem"] in self.idems:
            raise _wrong(seq, "同一表决请求出现两次", "its idem is that of another ballot")
        self.idems.add(leaf["idem"])
        if division not in round_.units or creditor not in round_.units[division]:
            raise _wrong(seq, f"{creditor} 在该组无表决权", f"{creditor} has no vote in {division}")
        amount = round_.units[division][creditor]
        if leaf["amount_fen"] != amount:
            raise _wrong(
                seq,
                f"表决权金额为 {leaf['amount_fen']} 分，债权表上为 {amount} 分",
                f"its amount is {leaf['amount_fen']} fen, by the roll {amount}",
            )
        is_paper = leaf["channel"] == "paper"
        if is_paper != (leaf["paper"] != ""):
            raise _wrong(seq, "书面票与表决渠道不符", "channel and paper do not fit")
        if is_paper:
            received = self._received(leaf, seq)
        elif leaf["choice"] == "invalid":
            raise _wrong(seq, "只有书面票可以无效", "only paper may be invalid")
        if round_.result is not None:
            raise _wrong(seq, "表决在结果之后", "the ballot comes after the result")
        if round_.closed is not None and not (is_paper and received <= round_.closed["utc_ms"]):
            raise _wrong(seq, "表决在截止之后", "the ballot comes after the closing")
        self._may_cast(leaf, round_, seq)
        cast = round_.ballots[division]
        if creditor in cast and round_.options["ballots"] == "final":
            raise _wrong(seq, f"{creditor} 重复表决", f"{creditor} votes a second time")
        cast[creditor] = leaf["choice"]
        self.ballots += 1

    def _received(self, ballot: dict[str, Any], seq: int) -> int:
        """When the paper of a ballot was received, by two clerks who agree."""
        same = ("motion", "round", "creditor", "division", "choice")
        clerks: dict[tuple[int, str], set[str]] = {}
        for entry in self.papers.get(ballot["paper"], ()):
            if all(entry[name] == ballot[name] for name in same):
                clerks.setdefault((entry["received_utc_ms"], entry["scan"]), set()).add(entry["clerk"])
        times = [received for (received, _), names in clerks.items() if len(names) > 1]
        if not times:
            raise _wrong(
                seq,
                "没有两名书记员一致录入的书面票",
                "no two clerks entered this paper alike before it",
            )
        return min(times)

    def _may_cast(self, leaf: dict[str, Any], round_: Round, seq: int) -> None:
        creditor, actor = leaf["creditor"], leaf["actor"]
        if leaf["mandate"] == "":
            if actor != round_.representatives.get(creditor, creditor):
                raise _wrong(
                    seq, "投票人不是债权人本人，也没有委托", "cast by another than the creditor, without mandate"
                )
            return
        mandate = self.mandates.get(leaf["mandate"])
        if leaf["channel"] == "paper":
            raise _wrong(seq, "书面票不能由代理人投", "a ballot from paper has the creditor as its actor")
        if mandate is None or leaf["mandate"] in self.revoked:
            raise _wrong(seq, "委托不存在或已撤销", "its mandate does not stand")
        if mandate["principal"] != creditor or mandate["agent"] != actor:
            raise _wrong(seq, "委托人或受托人不符", "its mandate is by another creditor or to another agent")
        if mandate["motions"] and leaf["motion"] not in mandate["motions"]:
            raise _wrong(seq, "委托不包括该事项", "its mandate does not cover the motion")
        told = [i["choice"] for i in mandate["instructions"] if i["motion"] == leaf["motion"]]
        if any(choice != leaf["choice"] for choice in told):
            raise _wrong(seq, "表决与委托指示不符", "the choice is not the one instructed")

    def _motion_closed(self, leaf: dict[str, Any], seq: int) -> None:
        self._open_round(leaf, seq).closed = leaf

    def _deemed(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._round(leaf, seq)
        options = round_.options
        if options["silent"] != "deemed_" + leaf["choice"]:
            raise _wrong(seq, "该轮没有此种视为表决的规则", "the options have no such deemed votes")
        if leaf["court_ref"] != options["court_ref"] or leaf["resolution"] != options["resolution"]:
            raise _wrong(seq, "视为表决的依据与开启时不符", "court_ref or resolution are not those of the options")
        round_.deemed = self.deemed_now = None
        if round_.closed is None or round_.result is not None:
            raise _wrong(seq, "视为表决不在截止与结果之间", "it does not lie between closing and result")
        round_.deemed, self.deemed_now = leaf, round_

    def _result(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._round(leaf, seq)
        if round_.closed is None or round_.result is not None:
            raise _wrong(seq, "结果不在截止之后，或已有结果", "the round is not closed, or has a result")
        if self.deemed_now not in (None, round_):
            raise _wrong(seq, "deemed 之后必须紧接该轮结果", "another round's deemed votes come directly before it")
        if (self.deemed_now is None) == round_.options["silent"].startswith("deemed_"):
            raise _wrong(seq, "结果之前缺少视为表决", "no deemed votes directly before the result")
        self.deemed_now = None
        if round_.deemed is not None:
            deemed = [dict(d["deemed"], division=d["division"]) for d in leaf["divisions"]]
            if deemed != round_.deemed["divisions"]:
                raise _wrong(seq - 1, "视为表决的数字与结果不符", "the deemed votes are not those of the result")
        told = {name: leaf[name] for name in ("alternatives", "divisions", "next", "passed")}
        counted = followed(round_, leaf) if self.public else round_.recount()
        different = first_difference(told, counted)
        if different is not None:
            where, said, right = (_short(part) for part in different)
            raise _wrong(
                seq,
                f"结果与重新计票不符：{where} 记为 {said}，应为 {right}",
                f"the result is not what the ballots give: {where} is {said}, should be {right}",
            )
        round_.result = leaf

    def _result_announced(self, leaf: dict[str, Any], seq: int) -> None:
        round_ = self._round(leaf, seq)
        if round_.result is None or round_.result["seq"] != leaf["result"] or round_.announced:
            raise _wrong(seq, "宣布的不是该轮结果，或已宣布", "it announces what is not the round's result, or again")
        round_.announced = True

    def _draw_committed(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["draw"] in self.draws or leaf["count"] > leaf["pool_size"]:
            raise _wrong(seq, "抽签编号重复或人数不足", "a draw of this id was before, or the pool is too small")
        self.draws[leaf["draw"]] = leaf

    def _draw_revealed(self, leaf: dict[str, Any], seq: int) -> None:
        committed = self.draws.get(leaf["draw"])
        if committed is None or leaf["draw"] in self.drawn:
            raise _wrong(seq, "抽签没有承诺或已公布", "the draw was not committed to, or revealed before")
        self.drawn.add(leaf["draw"])
        secret = bytes.fromhex(leaf["secret"])
        if self._h(b"\2" + secret).hex() != committed["commitment"]:
            raise _wrong(seq, "公布的秘密值与承诺不符", "the secret is not the one committed to")
        count, chosen = committed["count"], leaf["chosen"]
        # Lengths first: a log of a few lines may promise a draw that would take for ever.
        if len(chosen) != count or chosen != draw(self._h, secret, leaf["public"], committed["pool_size"], count):
            raise _wrong(seq, "抽签结果与重新计算不符", "the places are not those that the draw gives")

    def _cram_entered(self, leaf: dict[str, Any], seq: int) -> None:
        if (leaf["motion"], 1) not in self.rounds:
            raise _wrong(seq, "该事项没有开启过", "its motion was never opened")

    def _anchor(self, leaf: dict[str, Any], seq: int) -> None:
        if leaf["size"] > seq:
            raise _wrong(seq, "存证的树大于此前的记录", "it anchors a tree larger than the log before it")

    def _meeting_closed(self, leaf: dict[str, Any], seq: int) -> None:
        self.over = True


def _wrong(seq: int, zh: str, en: str) -> Fault:
    return Fault(seq + 2, zh, en, seq)


def _short(value: Any) -> str:
    text = value if type(value) is str else _encode(value)
    return text if len(text) <= 80 else text[:77] + "..."


def draw(h: Callable[[bytes], bytes], secret: bytes, public: str, pool_size: int, count: int) -> list[int]:
    """Section 7: the places drawn, in order. `count` <= `pool_size`."""
    chosen: dict[int, None] = {}
    i = 0
    while len(chosen) < count:
        x = int.from_bytes(h(secret + public.encode() + i.to_bytes(8, "big")), "big")
        i += 1
        if x < 2**256 - 2**256 % pool_size:
            chosen.setdefault(x % pool_size)
    return list(chosen)


def followed(round_: Round, leaf: dict[str, Any]) -> dict[str, Any]:
    """What follows from the sums that a result tells, where the ballots are not told (the `public` edition)."""

    def again(divisions: list[dict[str, Any]], silent: str) -> list[dict[str, Any]]:
        if [d["division"] for d in divisions] != round_.divisions:
            raise _wrong(leaf["seq"], "结果的组与表决不符", "the divisions are not those of the round")
        return [_again(division, round_, silent) for division in divisions]

    own, options = round_.options["silent"], round_.options
    alternatives = []
    for told in leaf["alternatives"]:
        silent = told["value"] if told["option"] == "silent" else own
        if silent not in SILENT:
            raise _wrong(
                leaf["seq"], "备选结果的选项有误", "an alternative has a value that its option does not have"
            )
        divisions = again(told["divisions"], silent)
        alternatives.append(dict(told, divisions=divisions, passed=_all_pass(divisions)))
    due = [("silent", silent) for silent in SILENT if silent != own]
    if round_.matter not in ("plan", *CONTRACTUAL):
        due += [("secured", value) for value in ("exclude", "include") if value != options["secured"]]
    told_of = [(told["option"], told["value"]) for told in leaf["alternatives"]]
    # Whether there were exclusions is hidden.
    if told_of not in (due, [*due, ("exclusions", "none")]):
        raise _wrong(leaf["seq"], "备选结果不全", "the alternatives are not those that section 6 asks for")
    divisions = again(leaf["divisions"], own)
    passed = _all_pass(divisions)
    return {"alternatives": alternatives, "divisions": divisions, "next": round_.follows(passed), "passed": passed}


def _again(told: dict[str, Any], round_: Round, silent: str) -> dict[str, Any]:
    sums = {name: (told[name]["heads"], told[name]["amount_fen"]) for name in (*CHOICES, "silent", "deemed", "total")}
    here = sums.pop("silent") if silent == "signed_in" else sums.pop("deemed")
    if silent in ("signed_in", "voters_only"):
        here = here if silent == "signed_in" else (0, 0)
        total = sums.pop("total")
        known = [*(sums[name] for name in CHOICES), here]
        away = tuple(total[i] - sum(pair[i] for pair in known) for i in (0, 1))
    else:
        away = (0, 0)
    sums.update(here=here, away=(max(0, away[0]), max(0, away[1])))
    return decide(told["division"], round_.matter, round_.options, silent, sums)


# --- 9: the file --------------------------------------------------------------------------------------------------


class Verification:
    """One run over the bytes of a file. `wrong` fills as it goes; a receipt is an object as section 8 has it."""

    def __init__(
        self, data: bytes, key: str | None = None, receipt: Any = None, anchors: bytes | None = None
    ) -> None:
        self.data, self.key, self.receipt, self.anchors = data, key, receipt, anchors
        self.proofs: list[dict[str, Any]] = []
        """Lines of `anchors` that are right, with `time` where the evidence says one."""
        self.wrong: list[Fault] = []
        self.header: dict[str, Any] = {}
        self.lines: list[bytes] = []
        self.heads: list[dict[str, Any]] = []
        self.hashes: list[bytes] = []
        self.roots: dict[int, str] = {}
        self.rolls: dict[str, list[dict[str, Any]]] = {}
        self.roll_roots: dict[str, tuple[int, str]] = {}
        self.leaves: list[dict[str, Any] | None] = []
        self.keys: dict[str, bytes] = {}
        self.signed_by = ""
        self.story: Story | None = None

    def run(self) -> bool:
        """Check everything; whether nothing was wrong."""
        if self._try(self._layout):
            self._try(self._signature)
            self._try(self._rolls)
            in_clear = self._try(self._leaves)
            self._try(self._heads)
            self._try(self._tree)
            if in_clear and not self.wrong_rolls:
                self._try(self._fold)
            if self.anchors is not None and in_clear:
                self._try(self._anchors)
            if self.receipt is not None:
                self._try(self._receipt)
        self.wrong.sort(key=lambda fault: fault.line or len(self.lines) + 1)
        return not self.wrong

    wrong_rolls = False

    def _try(self, stage: Callable[[], None]) -> bool:
        try:
            stage()
        except Fault as fault:
            self.wrong.append(fault)
            return False
        return True

    def _layout(self) -> None:
        if not self.data.endswith(b"\n"):
            raise Fault(self.data.count(b"\n") + 1, "文件末尾不完整", "the file does not end with a newline")
        self.lines = self.data.split(b"\n")
        self.lines.pop()
        header = parse_object(self.lines[0])
        if header is None or not _HEADER(header):
            raise Fault(1, "不是云庭表决日志的文件头", "not the first line of a ballot log")
        self.header, self.h = header, hash_of(header["alg"])
        self.first_roll = 1 + header["leaves"]
        self.first_head = self.first_roll + sum(roll["entries"] for roll in header["rolls"])
        due = self.first_head + header["heads"] + 1
        if due != len(self.lines):
            raise Fault(
                1,
                f"应有 {due} 行，实有 {len(self.lines)} 行",
                f"{due} lines should be here, there are {len(self.lines)}",
            )
        if not header["leaves"] or not header["heads"]:
            raise Fault(1, "没有记录或没有签名树头", "there is no leaf or no head")
        if len({roll["roll"] for roll in header["rolls"]}) != len(header["rolls"]):
            raise Fault(1, "债权表编号重复", "a roll is listed twice")
        for item in header["keys"]:
            public = bytes.fromhex(item["public"])
            if hashlib.sha256(public).hexdigest() != item["key"]:
                raise Fault(1, "公钥与其指纹不符", "a key does not have its fingerprint")
            self.keys[item["key"]] = public

    def _signature(self) -> None:
        at, last = len(self.lines), self.lines[-1]
        seal = parse_object(last)
        if (
            wrong_field(seal, (("file", _hash), ("key", _hash), ("signature", _signature))) is not None
            or seal is None
        ):
            raise Fault(at, "末行不是文件签名", "the last line is not the file's signature")
        self.signed_by = seal["key"]
        if self.h(self.data[: -len(last) - 1]).hex() != seal["file"]:
            raise Fault(at, "文件内容与签名时的校验值不符", "the bytes of the file are not those that were signed")
        self._signed(seal, at, "文件签名", "the file's signature")
        if self.key is not None and seal["key"] != self.key:
            raise Fault(at, "文件不是用所给指纹的密钥签名", "the file is signed by another key than the one given")

    def _signed(self, value: dict[str, Any], line: int, zh: str, en: str) -> None:
        public = self.keys.get(value["key"])
        if public is None:
            raise Fault(line, f"{zh}的密钥不在文件头中", f"{en}: its key is not in the first line")
        message = canonical({name: inner for name, inner in value.items() if name != "signature"})
        if not ed25519_verify(public, bytes.fromhex(value["signature"]), message):
            raise Fault(line, f"{zh}无效", f"{en} is not valid")

    def _leaves(self) -> None:
        public, meeting, h = self.header["edition"] == "public", self.header["meeting"], self.h
        first: Fault | None = None
        for seq in range(self.header["leaves"]):
            line = self.lines[1 + seq]
            leaf = parse_object(line)
            fault = None
            if public and leaf is not None and _is_hidden(leaf):
                self.hashes.append(bytes.fromhex(leaf["hash"]))
                self.leaves.append(None)
                continue
            self.hashes.append(h(b"\0" + line))
            self.leaves.append(leaf)
            wrong = "" if leaf is None else wrong_in_leaf(leaf)
            if leaf is None:
                fault = _wrong(seq, "不是规范的 JSON", "not canonical JSON")
            elif wrong is not None:
                fault = _wrong(seq, f"字段有误 {wrong}", f"wrong field {wrong}" if wrong else "wrong fields")
            elif leaf["seq"] != seq or leaf["meeting"] != meeting:
                fault = _wrong(seq, "序号或会议编号不符", "its seq or its meeting is not that of its place")
            elif public and "salt" in leaf:
                fault = _wrong(seq, "公开版不应显示此条", "the public edition must not tell this leaf")
            elif leaf["kind"] == "meeting.created" and leaf["alg"] != self.header["alg"]:
                fault = _wrong(seq, "杂凑算法与文件头不符", "its alg is not that of the first line")
            if fault is not None and first is None:
                first = fault
        if first is not None:
            raise first

    def _rolls(self) -> None:
        public, at = self.header["edition"] == "public", self.first_roll
        for roll in self.header["rolls"]:
            entries, tree, before, total_fen = [], Tree(self.h), ("", ""), 0
            for index in range(at, at + roll["entries"]):
                line = self.lines[index]
                entry = parse_object(line)
                if public and entry is not None and _is_hidden(entry):
                    tree.append(bytes.fromhex(entry["hash"]))
                    continue
                tree.append(self.h(b"\0" + line))
                self._entry(entry, index + 1, public)
                assert entry is not None
                place = entry["creditor"], entry["group"]
                if place <= before:
                    raise self._roll_fault(
                        index + 1, "债权表未按顺序或重复", "the roll is not sorted, or has an entry twice"
                    )
                before, total_fen = place, total_fen + entry["amount_fen"]
                entries.append(entry)
            at += roll["entries"]
            if total_fen > MOST:
                raise self._roll_fault(at, "债权表总额过大", "the whole roll is more than 2^53 - 1 fen")
            self.rolls[roll["roll"]] = entries
            self.roll_roots[roll["roll"]] = (roll["entries"], tree.root())

    def _roll_fault(self, line: int, zh: str, en: str) -> Fault:
        self.wrong_rolls = True
        return Fault(line, zh, en)

    def _entry(self, entry: dict[str, Any] | None, line: int, public: bool) -> None:
        if entry is None or public or (wrong := wrong_field(entry, _ENTRY.items())) is not None:
            told = "" if entry is None or public else wrong
            raise self._roll_fault(line, f"债权表条目有误 {told}".strip(), f"not an entry of a roll {told}".strip())
        amount_fen, kind = entry["amount_fen"], entry["kind"]
        if amount_fen > MOST_OF_ENTRY_FEN or entry["secured_fen"] > amount_fen or (kind == "none" and amount_fen):
            raise self._roll_fault(line, "债权金额有误", "its amounts cannot be")
        if kind == "provisional" and not entry["court_ref"]:
            raise self._roll_fault(
                line, "临时债权额没有法院决定", "a provisional amount without the court's decision"
            )

    def _heads(self) -> None:
        before = -1
        for index in range(self.first_head, self.first_head + self.header["heads"]):
            head = parse_object(self.lines[index])
            wrong = wrong_field(head, _HEAD.items())
            if head is None or wrong is not None:
                raise Fault(index + 1, "不是签名树头", f"not a tree head {wrong or ''}".rstrip())
            if head["alg"] != self.header["alg"] or head["meeting"] != self.header["meeting"]:
                raise Fault(index + 1, "树头属于另一会议或算法", "a head of another meeting or alg")
            if head["size"] <= before or head["size"] > self.header["leaves"]:
                raise Fault(index + 1, "树头未按大小排列或超出日志", "the heads are not by size, or beyond the log")
            before = head["size"]
            self._signed(head, index + 1, "树头签名", "the head's signature")
            self.heads.append(head)
        if before != self.header["leaves"]:
            raise Fault(len(self.lines) - 1, "最后的树头不是整个日志的", "the last head is not that of the whole log")

    def _tree(self) -> None:
        """Roots at every size that somebody names; the first head that differs names the leaves before it."""
        anchors = [leaf for leaf in self.leaves if leaf is not None and leaf.get("kind") == "anchor"]
        wanted = {head["size"] for head in self.heads} | {len(self.hashes)}
        wanted.update(leaf["size"] for leaf in anchors if _whole(leaf.get("size")))
        wanted.add(self._receipt_size())
        wanted.update(self._anchored_sizes())
        tree = Tree(self.h)
        if 0 in wanted:
            self.roots[0] = tree.root()
        for leaf_hash in self.hashes:
            tree.append(leaf_hash)
            if tree.size in wanted:
                self.roots[tree.size] = tree.root()
        before = 0
        for number, head in enumerate(self.heads):
            if self.roots[head["size"]] != head["root"]:
                raise Fault(
                    self.first_head + number + 1,
                    f"树头与记录 {before} 至 {head['size'] - 1} 不符",
                    f"the head is not that of the leaves: one of {before} to {head['size'] - 1} is another",
                )
            before = head["size"]
        for leaf in anchors:
            root = self.roots.get(leaf["size"]) if _whole(leaf.get("size")) else None
            if root is None or root != leaf.get("root"):
                raise _wrong(self.leaves.index(leaf), "存证的树根与日志不符", "the anchored root is not this log's")

    def _fold(self) -> None:
        story = self.story = Story(self.h, self.header["edition"] == "public", self.rolls)
        for seq, leaf in enumerate(self.leaves):
            if leaf is None:
                story.hidden(seq)
                continue
            story.leaf(leaf)
            if leaf["kind"] == "roll.frozen" and self.roll_roots[leaf["roll"]] != (leaf["entries"], leaf["root"]):
                raise _wrong(seq, "债权表与固定时不符", "the roll in the file is not the one that was frozen")
        story.end(len(self.leaves))
        if story.frozen != self.rolls.keys():
            raise Fault(1, "文件中有未固定的债权表", "the file has a roll that was never frozen")

    # --- 10: anchors

    def _anchored_sizes(self) -> set[int]:
        heads = [(parse_object(line) or {}).get("head") for line in (self.anchors or b"").splitlines()]
        return {head["size"] for head in heads if type(head) is dict and _whole(head.get("size"))}

    def _anchors(self) -> None:
        assert self.anchors is not None
        if self.anchors and not self.anchors.endswith(b"\n"):
            raise Fault(0, "文件末尾不完整", "it does not end with a newline", where="存证 anchors")
        known: set[tuple[str, int, str]] = set()
        for number, line in enumerate(self.anchors.split(b"\n")[:-1], 1):
            where = f"存证第 {number} 行 line {number} of the anchors"
            proof = parse_object(line)
            if proof is None or wrong_field(proof, _PROOF.items()) is not None:
                raise Fault(0, "不是存证", "not an anchor's evidence", where=where)
            head, evidence = proof["head"], bytes.fromhex(proof["evidence"])
            if head["meeting"] != self.header["meeting"] or head["alg"] != self.header["alg"]:
                raise Fault(0, "存证属于另一会议", "of another meeting", where=where)
            if head["size"] > len(self.hashes):
                zh, en = (
                    "警报：存证时日志更长。请重新下载两个文件",
                    "ALARM: the log was longer then; get both files anew",
                )
                raise Fault(0, zh, en, where=where)
            try:
                self._signed(head, 0, "树头签名", "the head's signature")
            except Fault as fault:
                raise Fault(0, fault.zh, fault.en, where=where) from fault
            if self.roots.get(head["size"]) != head["root"]:
                raise Fault(0, "警报：存证的是另一份日志", "ALARM: what was anchored is another log", where=where)
            if why := anchored(proof["anchor"], evidence, canonical(head)):
                raise Fault(0, "存证内容与树头不符", f"the evidence is not of its head: {why}", where=where)
            known.add((proof["anchor"], head["size"], hashlib.sha256(evidence).hexdigest()))
            time_ = imprint_of(evidence)[1] if proof["anchor"] == "rfc3161" else ""
            self.proofs.append({**proof, "time": time_})
        for seq, leaf in enumerate(self.leaves):
            if leaf is None or leaf["kind"] != "anchor":
                continue
            if (leaf["anchor"], leaf["size"], leaf["evidence"]) not in known:
                raise _wrong(seq, "缺少该存证的内容", "the evidence of this anchor is not in the file of anchors")

    # --- 8: receipts

    def _receipt_size(self) -> int:
        head = self.receipt.get("head") if type(self.receipt) is dict else None
        size: Any = head.get("size") if type(head) is dict else None
        return int(size) if _whole(size) else 0

    def _receipt(self) -> None:
        receipt = self.receipt
        if type(receipt) is dict and "late" in receipt:
            return self._late(receipt)
        leaf = receipt.get("leaf") if type(receipt) is dict else None
        head = receipt.get("head") if type(receipt) is dict else None
        if type(leaf) is not dict or wrong_in_leaf(leaf) is not None:
            raise Fault(0, "回执内容有误", "the receipt has no leaf")
        if type(head) is not dict or wrong_field(head, _HEAD.items()) is not None:
            raise Fault(0, "回执内容有误", "the receipt has no head")
        if {leaf["meeting"], head["meeting"]} != {self.header["meeting"]} or head["alg"] != self.header["alg"]:
            raise Fault(0, "回执属于另一会议", "the receipt is of another meeting")
        self._signed(head, 0, "回执签名", "the receipt's signature")
        if head["size"] <= leaf["seq"]:
            raise Fault(0, "回执的树头不含该表决", "the receipt's head does not cover its leaf")
        if head["size"] > len(self.hashes):
            raise Fault(
                0,
                "警报：日志短于回执。法院签发回执后日志应更长",
                "ALARM: the log is shorter than the receipt says it was",
            )
        if self.hashes[leaf["seq"]] != self.h(b"\0" + canonical(leaf)):
            raise Fault(
                leaf["seq"] + 2,
                "警报：回执上的表决不在日志中",
                "ALARM: the ballot of the receipt is not in the log",
                leaf["seq"],
            )
        if self.roots.get(head["size"]) != head["root"]:
            raise Fault(
                0,
                "警报：回执上的签名树头属于另一份日志",
                "ALARM: the head of the receipt is that of another log",
            )
        return None

    def _late(self, receipt: dict[str, Any]) -> None:
        if wrong_field(receipt, _LATE.items()) is not None or receipt["late"] is not True:
            raise Fault(0, "回执内容有误", "the receipt is not as it should be")
        if receipt["meeting"] != self.header["meeting"]:
            raise Fault(0, "回执属于另一会议", "the receipt is of another meeting")
        self._signed(receipt, 0, "回执签名", "the receipt's signature")
        closed = self.leaves[receipt["closed_seq"]] if receipt["closed_seq"] < len(self.leaves) else None
        same = ("motion", "round")
        if closed is None or closed.get("kind") != "motion.closed" or any(closed[n] != receipt[n] for n in same):
            raise Fault(0, "警报：日志中没有回执所说的截止", "ALARM: the closing of the receipt is not in the log")
        if any(leaf is not None and leaf.get("idem") == receipt["idem"] for leaf in self.leaves):
            raise Fault(0, "警报：迟到的表决被计入", "ALARM: the late ballot is in the log")


# --- 10: anchors --------------------------------------------------------------------------------------------------

_IMPRINT = bytes.fromhex("0609608648016503040201")
"""DER of the object identifier of SHA-256."""


def _der(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of DER, one after the other, as (tag, content). ValueError for anything else."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 2:
            raise ValueError("cut off")
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            if not 0 < more <= 4 or len(data) - at < more:
                raise ValueError("a length that is not of DER")
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        if len(data) - at < size:
            raise ValueError("cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found


def imprint_of(stamp: bytes) -> tuple[bytes, str]:
    """What an RFC 3161 answer stamps: the SHA-256 and the time it says (YYYYMMDDHHMMSS[.f]Z). Its signature is not
    looked at. ValueError for whatever is no granted stamp over a SHA-256."""
    try:
        ((_, response),) = _der(stamp)
        (_, status), (_, token) = _der(response)
        if _der(status)[0] not in {(2, b"\0"), (2, b"\1")}:
            raise ValueError("it was not granted")
        (_, wrapped) = _der(token)[1]
        ((_, signed),) = _der(wrapped)
        (_, content) = _der(signed)[2]
        ((_, octets),) = _der(_der(content)[1][1])
        ((_, info),) = _der(octets)
        parts = _der(info)
        (_, algorithm), (_, digest) = _der(parts[2][1])
        if not algorithm.startswith(_IMPRINT) or len(digest) != 32:
            raise ValueError("it is not over a SHA-256")
        return digest, parts[4][1].decode("ascii")
    except (IndexError, UnicodeError) as error:
        raise ValueError("it is no time stamp") from error


def anchored(kind: str, evidence: bytes, head: bytes) -> str:
    """ "" where the evidence is of this head (its canonical JSON), otherwise why it is not."""
    digest = hashlib.sha256(head).digest()
    if kind == "file":
        return "" if evidence == head else "it is another head"
    if kind == "https":
        try:
            told = json.loads(evidence)
        except (ValueError, RecursionError):
            return "it is no JSON"
        return "" if type(told) is dict and told.get("sha256") == digest.hex() else "its sha256 is another"
    try:
        return "" if imprint_of(evidence)[0] == digest else "it stamps something else"
    except ValueError as error:
        return str(error)


# --- command line -------------------------------------------------------------------------------------------------


def verify_bytes(
    data: bytes, key: str | None = None, receipt: Any = None, anchors: bytes | None = None
) -> dict[str, Any]:
    """Verify the bytes of a ballot log; the result as a dict (see `--json`)."""
    started = time.monotonic()
    run = Verification(data, key, receipt, anchors)
    ok = run.run()
    story = run.story
    results = [round_.result for round_ in story.rounds.values() if round_.result] if story is not None else []
    return {
        "ok": ok,
        "wrong": [
            {"en": f.en, "line": f.line, "seq": f.seq, "zh": f.zh} | ({"where": f.where} if f.where else {})
            for f in run.wrong
        ],
        "meeting": run.header.get("meeting", ""),
        "edition": run.header.get("edition", ""),
        "alg": run.header.get("alg", ""),
        "leaves": len(run.hashes),
        "heads": len(run.heads),
        "ballots": story.ballots if story is not None else 0,
        "root": run.roots.get(len(run.hashes), ""),
        "key": run.signed_by,
        "key_checked": key is not None,
        "receipt_checked": receipt is not None,
        "anchors_checked": anchors is not None,
        "anchors": [
            {"anchor": proof["anchor"], "size": proof["head"]["size"], "time": proof["time"]} for proof in run.proofs
        ],
        "results": results,
        "seconds": round(time.monotonic() - started, 3),
    }


def report(result: dict[str, Any], out: IO[str]) -> None:
    """The result in words for a person."""
    for fault in result["wrong"]:
        where = "" if not fault["line"] else "第 {line} 行 line {line}".format(**fault)
        if fault["seq"] is not None:
            where += " (seq {seq})".format(**fault)
        out.write(
            "错误 WRONG  {}: {} {}\n".format(where or fault.get("where", "回执 receipt"), fault["zh"], fault["en"])
        )
    out.write("会议 meeting {meeting}  {edition}  {alg}\n".format(**result))
    for told in result["results"]:
        word = "通过 passed" if told["passed"] else "未通过 not passed"
        out.write("表决 motion {motion} 第 {round} 轮 round {round}: ".format(**told) + word + "\n")
        for division in told["divisions"]:
            agree, present, total = division["agree"], division["present"], division["total"]
            line = "    {}: 同意 agree {} / 出席 present {}; {} / {} fen\n"
            numbers = agree["heads"], present["heads"], agree["amount_fen"], total["amount_fen"]
            out.write(line.format(division["division"], *numbers))
            deemed = division["deemed"]
            if deemed["heads"]:
                out.write("      视为表决 deemed {heads}, {amount_fen} fen\n".format(**deemed))
    checked = " (已比对 as expected)" if result["key_checked"] and result["ok"] else ""
    out.write(f"密钥指纹 key fingerprint {result['key']}{checked}\n")
    out.write("树根 root {root}\n".format(**result))
    out.write("{leaves} leaves, {ballots} ballots, {heads} signed heads, {seconds:.1f} s\n".format(**result))
    if not result["ok"]:
        out.write("未通过：日志与应有内容不符。 NOT OK: the log is not what it has to be.\n")
        return
    out.write("通过：日志完整，签名有效。 OK: the log is whole, its signatures are valid.\n")
    if result["edition"] == "court":
        out.write("已重新计票，结果一致。 Counted again: every result is right.\n")
    if result["receipt_checked"]:
        out.write("回执上的内容在日志中。 What the receipt says is in the log.\n")
    _report_anchors(result, out)
    if not result["key_checked"]:
        out.write("请将密钥指纹与法院公布的指纹核对。 Compare the fingerprint with the one the court publishes.\n")


def _report_anchors(result: dict[str, Any], out: IO[str]) -> None:
    if not result["anchors_checked"]:
        return
    words = {
        "file": "另存的树头 heads in a file outside",
        "https": "外部回执 receipts from outside",
        "rfc3161": "时间戳 time stamps",
    }
    for kind, name in words.items():
        found = [proof for proof in result["anchors"] if proof["anchor"] == kind]
        if found:
            last = max(proof["size"] for proof in found)
            out.write(f"存证 anchored: {name}: {len(found)}, 最大 up to {last} leaves {found[-1]['time']}\n")
    if not result["anchors"]:
        out.write("存证 anchored: 无 nothing\n")
    if any(proof["anchor"] == "rfc3161" for proof in result["anchors"]):
        out.write(
            "时间戳只核对了摘要；签名请用 openssl 核对。 Of time stamps only the imprint was compared; signatures:\n"
            "    openssl ts -verify -in SIZE.tsr -data SIZE.json -CAfile ca.pem    (--anchors-to FOLDER)\n"
        )


def write_stamps(proofs: Iterable[dict[str, Any]], folder: Path) -> None:
    """Each time stamp and its head as files that `openssl ts -verify` reads. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for proof in proofs:
        if proof["anchor"] == "rfc3161":
            size = proof["head"]["size"]
            (folder / f"{size}.json").write_bytes(canonical(proof["head"]))
            (folder / f"{size}.tsr").write_bytes(bytes.fromhex(proof["evidence"]))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a ballot log. 校验债权人会议表决日志。")
    parser.add_argument("path", help="ballot-log.jsonl")
    parser.add_argument("--key", help="fingerprint of the court's key: a file signed by any other is wrong")
    parser.add_argument("--receipt", help="file of a receipt that has to be in the log")
    parser.add_argument("--anchors", help="anchors.jsonl: the evidence of the log's anchors")
    parser.add_argument("--anchors-to", help="folder to write the time stamps to, for `openssl ts -verify`")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: see the top of the file."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    arguments = _arguments(argv)
    key = re.sub(r"[\s:]", "", arguments.key).lower() if arguments.key is not None else None
    if key is not None and not _hash(key):
        sys.stderr.write("--key: 指纹应为 64 位十六进制 a fingerprint has 64 hexadecimal digits\n")
        return 2
    receipt = anchors = None
    try:
        data = Path(arguments.path).read_bytes()
        if arguments.receipt is not None:
            receipt = json.loads(Path(arguments.receipt).read_text("utf-8"))
            if type(receipt) is not dict:
                raise ValueError("a receipt is one JSON object")
        if arguments.anchors is not None:
            anchors = Path(arguments.anchors).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"无法读取 cannot read: {error}\n")
        return 2
    result = verify_bytes(data, key, receipt, anchors)
    report(result, sys.stdout)
    if arguments.anchors_to is not None and anchors is not None and result["ok"]:
        proofs = [parse_object(line) or {} for line in anchors.splitlines()]
        write_stamps(proofs, Path(arguments.anchors_to))
    if arguments.json:
        sys.stdout.write(_encode(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
