"""The hash chain of a session's log and its signed heads.

    hash      = SHA-256 of the canonical JSON of the entry without `hash` (`prev` is inside), lower-case hex
    prev      = hash of the entry before; 64 zeros for the first
    signature = Ed25519 over the canonical JSON (UTF-8) of the Head without `signature`, lower-case hex

Canonical JSON: see `records.canonical`. Nothing else is hashed or signed, no prefix, no newline.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

import msgspec

from hearing.events import AnyEvent, Entry, Head
from records.canonical import canonical
from records.errors import BrokenChain
from records.keys import CourtKey, fingerprint_of, verify

GENESIS = "0" * 64
SALT_BYTES = 16


def entry_hash(entry: Entry) -> str:
    """What `entry.hash` has to be; the value that is there does not matter."""
    fields = msgspec.to_builtins(entry)
    del fields["hash"]
    return hashlib.sha256(canonical(fields)).hexdigest()


def make_entry(*, session: str, seq: int, at_ms: int, utc_ms: int, actor: str, event: AnyEvent, prev: str) -> Entry:
    """The entry with its hash and a salt of its own. TypeError when the event contains a float."""
    entry = Entry(
        session=session,
        seq=seq,
        at_ms=at_ms,
        utc_ms=utc_ms,
        actor=actor,
        event=event,
        prev=prev,
        hash="",
        salt=secrets.token_hex(SALT_BYTES),
    )
    return msgspec.structs.replace(entry, hash=entry_hash(entry))


class ChainCheck:
    """Checks a log entry by entry, so that a long log needs no memory."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.seq = 0
        self.hash = GENESIS
        self.at_ms = 0

    def feed(self, entry: Entry) -> None:
        """Accept the next entry, or raise BrokenChain naming the seq that should have been here."""
        due = self.seq + 1
        if entry.session != self.session:
            raise BrokenChain(self.session, due, f"it belongs to session {entry.session}")
        if entry.seq != due:
            raise BrokenChain(self.session, due, f"entry {entry.seq} is in its place")
        if entry.prev != self.hash:
            raise BrokenChain(self.session, due, "it does not carry the hash of the entry before")
        if entry.hash != entry_hash(entry):
            raise BrokenChain(self.session, due, "its content does not match its hash")
        if entry.at_ms < self.at_ms:
            raise BrokenChain(self.session, due, "its time is before the entry before")
        self.seq, self.hash, self.at_ms = entry.seq, entry.hash, entry.at_ms


def check_chain(session: str, entries: Iterable[Entry]) -> None:
    """Raises BrokenChain naming the first wrong seq. A log that was cut at its end passes: only a head tells."""
    check = ChainCheck(session)
    for entry in entries:
        check.feed(entry)


def sign_head(entry: Entry, utc_ms: int, key: CourtKey) -> Head:
    """The signed statement that the session's log up to `entry` existed at `utc_ms`."""
    head = Head(
        session=entry.session, seq=entry.seq, hash=entry.hash, utc_ms=utc_ms, key=key.fingerprint, signature=""
    )
    return msgspec.structs.replace(head, signature=key.sign(signed_text(head)).hex())


def signed_text(head: Head) -> bytes:
    """The bytes under the signature of a head."""
    fields = msgspec.to_builtins(head)
    del fields["signature"]
    return canonical(fields)


def head_is_valid(head: Head, public_bytes: bytes) -> bool:
    """Whether the holder of the raw public key signed this very head."""
    if fingerprint_of(public_bytes) != head.key:
        return False
    try:
        signature = bytes.fromhex(head.signature)
    except ValueError:
        return False
    return verify(public_bytes, signature, signed_text(head))
