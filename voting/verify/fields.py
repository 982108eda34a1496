"""The fields of every line, by section 2 for the leaves, 3 for a roll, 8 for heads and receipts, 9 for the file."""

from __future__ import annotations

from typing import Any

from voting.verify.checks import (
    Check,
    is_free,
    is_id,
    is_text,
    is_two,
    is_whole,
    list_of,
    matching,
    object_of,
    one_of,
)
from voting.verify.words import CHOICES, GROUPS, MATTERS, SILENT


def _truth(value: Any) -> bool:
    return type(value) is bool


_id_or_none = matching(r"[A-Za-z0-9._:-]{0,64}\Z")
_creditor = matching(r"(?!bloc:)[A-Za-z0-9._:-]{1,64}\Z")
_ulid = matching(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
is_hash = matching(r"[0-9a-f]{64}\Z")
is_signature = matching(r"[0-9a-f]{128}\Z")
_hex = matching(r"(?:[0-9a-f]{2})+\Z")
_salt = matching(r"[0-9a-f]{32}\Z")
_alg = one_of("sha256", "sm3")
_round = one_of(1, 2)
_group = one_of(*GROUPS)
_division = one_of("all", *GROUPS)
_matter = one_of(*MATTERS)
_cast = one_of(*CHOICES[:3])
_choice = one_of(*CHOICES)
_sum = object_of(amount_fen=is_whole, heads=is_whole)
_divisions = list_of(
    object_of(
        abstain=_sum,
        against=_sum,
        agree=_sum,
        amount_missing_fen=is_whole,
        deemed=_sum,
        division=_division,
        heads_missing=is_whole,
        invalid=_sum,
        passed=_truth,
        present=_sum,
        silent=_sum,
        total=_sum,
    )
)
_options = object_of(
    ballots=one_of("final", "last"),
    bloc=list_of(object_of(group=_group, representative=is_id)),
    court_ref=is_text,
    equity_base=one_of("present", "total"),
    resolution=is_text,
    secured=one_of("exclude", "include"),
    silent=one_of(*SILENT),
)


KINDS: dict[str, dict[str, Check]] = {
    "meeting.created": {"alg": _alg, "case_no": is_text, "ruleset": one_of("EBL2006+JI3"), "title": is_text},
    "roll.frozen": {"entries": is_whole, "roll": is_id, "root": is_hash},
    "presence": {
        "attendee": is_id,
        "by": is_id,
        "channel": one_of("online", "onsite"),
        "salt": _salt,
        "state": one_of("in", "out"),
    },
    "mandate": {
        "agent": is_id,
        "document": is_hash,
        "instructions": list_of(object_of(choice=_cast, motion=is_id)),
        "mandate": is_id,
        "motions": list_of(is_id),
        "principal": _creditor,
        "salt": _salt,
    },
    "mandate.revoked": {"by": is_id, "mandate": is_id, "salt": _salt},
    "motion.opened": {
        "by": is_two,
        "closes_utc_ms": is_whole,
        "groups": list_of(_group),
        "matter": _matter,
        "motion": is_id,
        "options": _options,
        "roll": is_id,
        "round": _round,
        "title": is_text,
    },
    "motion.extended": {"by": is_two, "closes_utc_ms": is_whole, "motion": is_id, "round": _round},
    "exclusion": {"court_ref": is_text, "creditor": _creditor, "motion": is_id, "round": _round, "salt": _salt},
    "ballot": {
        "actor": is_id,
        "amount_fen": is_whole,
        "channel": one_of("online", "onsite", "paper"),
        "choice": _choice,
        "creditor": is_id,
        "division": _division,
        "heads": one_of(1),
        "idem": is_id,
        "mandate": _id_or_none,
        "motion": is_id,
        "paper": _id_or_none,
        "round": _round,
        "salt": _salt,
    },
    "paper.entered": {
        "channel": one_of("paper", "phone"),
        "choice": _choice,
        "clerk": is_id,
        "creditor": is_id,
        "division": _division,
        "motion": is_id,
        "paper": is_id,
        "received_utc_ms": is_whole,
        "round": _round,
        "salt": _salt,
        "scan": is_hash,
    },
    "motion.closed": {"by": is_two, "motion": is_id, "round": _round},
    "deemed": {
        "choice": one_of("agree", "abstain"),
        "court_ref": is_text,
        "divisions": list_of(object_of(amount_fen=is_whole, division=_division, heads=is_whole)),
        "motion": is_id,
        "resolution": is_text,
        "round": _round,
    },
    "result": {
        "alternatives": list_of(
            object_of(
                divisions=_divisions,
                option=one_of("silent", "secured", "exclusions"),
                passed=_truth,
                value=one_of(*SILENT, "exclude", "include", "none"),
            )
        ),
        "divisions": _divisions,
        "motion": is_id,
        "next": one_of("final", "second_round", "court"),
        "passed": _truth,
        "round": _round,
    },
    "result.announced": {"by": is_two, "motion": is_id, "result": is_whole, "round": _round},
    "draw.committed": {
        "commitment": is_hash,
        "count": is_whole,
        "draw": is_id,
        "pool": is_hash,
        "pool_size": is_whole,
    },
    "draw.revealed": {"chosen": list_of(is_whole), "draw": is_id, "public": is_text, "secret": is_hash},
    "cram.entered": {
        "claimed": is_free,
        "condition": one_of(1, 2, 3, 4, 5, 6),
        "evidence": is_free,
        "finding": is_free,
        "motion": is_id,
    },
    "anchor": {"anchor": one_of("file", "rfc3161", "https"), "evidence": is_hash, "root": is_hash, "size": is_whole},
    "meeting.closed": {"by": is_two},
}
_COMMON: dict[str, Check] = {
    "kind": one_of(*KINDS),
    "meeting": _ulid,
    "seq": is_whole,
    "utc_ms": is_whole,
    "v": one_of(1),
}
_LEAVES = {kind: tuple({**_COMMON, **fields}.items()) for kind, fields in KINDS.items()}
_NAMES = {kind: frozenset(name for name, _ in fields) for kind, fields in _LEAVES.items()}
ENTRY = {
    "amount_fen": is_whole,
    "court_ref": is_text,
    "creditor": _creditor,
    "group": _group,
    "kind": one_of("confirmed", "provisional", "none"),
    "person": is_hash,
    "secured_fen": is_whole,
}
HEAD = {
    "alg": _alg,
    "key": is_hash,
    "meeting": _ulid,
    "root": is_hash,
    "signature": is_signature,
    "size": is_whole,
    "utc_ms": is_whole,
}
LATE = {
    "closed_seq": is_whole,
    "creditor": is_id,
    "division": _division,
    "idem": is_id,
    "key": is_hash,
    "late": _truth,
    "meeting": _ulid,
    "motion": is_id,
    "round": _round,
    "signature": is_signature,
    "utc_ms": is_whole,
}
PROOF = {
    "anchor": one_of("file", "rfc3161", "https"),
    "evidence": _hex,
    "head": object_of(**HEAD),
}
is_header = object_of(
    alg=_alg,
    edition=one_of("court", "public"),
    format=one_of("yunting-ballot-log/1"),
    heads=is_whole,
    keys=list_of(object_of(key=is_hash, public=is_hash)),
    leaves=is_whole,
    meeting=_ulid,
    rolls=list_of(object_of(entries=is_whole, roll=is_id)),
)
is_hidden = object_of(hash=is_hash)


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
