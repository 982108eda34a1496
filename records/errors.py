"""What can go wrong with the record.

YuntingError
├── UserError
│   ├── StoreUnavailable   the disk or database refuses; code `record-unavailable`, may be tried again
│   └── BlobUnavailable    a place for copies refuses or is out of reach; code `copies-unavailable`, may come back
└── RecordError
    ├── BlobMissing        a place for copies has no such blob
    ├── BlobMismatch       bytes are not those that were said; names the key
    ├── OutOfOrder         an entry that does not follow the stored log: a second writer or a fault of ours
    ├── BrokenChain        a stored log that was altered; names the first wrong seq
    └── KeyFault           the court's key file is unreadable, of another kind or open to others
"""

from __future__ import annotations

import errno

import msgspec

from hearing.errors import UserError, YuntingError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a disk that has no room."""
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that a disk has changed, that somebody else wrote, or another version did."""


class StoreUnavailable(UserError):
    """Nothing was written. The store recovers by itself once its cause is gone; `detail` is for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "record-unavailable",
            "庭审记录暂时无法写入，操作未执行，请稍后重试并通知技术人员",
            "the record cannot be written now, so nothing was done: try again and tell the operator",
        )
        self.detail = detail

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.detail})"


class BlobUnavailable(UserError):
    """Nothing was kept or read. `detail` is for the log and names no password."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "copies-unavailable",
            f"备份存储暂时不可用：{detail}",
            f"the place for copies cannot be used now: {detail}",
        )
        self.detail = detail


class RecordError(YuntingError):
    """A fault in the record that no retry mends."""


class BlobMissing(RecordError):
    """There is no blob `key`."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no blob {key!r}")
        self.key = key


class BlobMismatch(RecordError):
    """The bytes of `key` do not have the SHA-512 that they were said to have."""

    def __init__(self, key: str, where: str) -> None:
        super().__init__(f"{key}: {where} has other bytes than were said")
        self.key = key


class OutOfOrder(RecordError):
    """`seq`/`prev` does not follow the stored log of `session`; the store expected `expected_seq`."""

    def __init__(self, session: str, seq: int, expected_seq: int) -> None:
        super().__init__(f"session {session}: entry {seq} does not follow the log, expected {expected_seq}")
        self.session = session
        self.seq = seq
        self.expected_seq = expected_seq


class BrokenChain(RecordError):
    """The log of `session` is not what was written; `seq` is the first entry that is wrong."""

    def __init__(self, session: str, seq: int, reason: str) -> None:
        super().__init__(f"session {session}: the chain breaks at entry {seq}: {reason}")
        self.session = session
        self.seq = seq
        self.reason = reason


class KeyFault(RecordError):
    """The court's key cannot be used."""
