"""Errors by who may see them.

    YuntingError
    ├── UserError        may be shown to the person; carries a stable code and both languages
    │   └── Refused      a command that the state or the right does not allow; the log stays as it was
    └── ProtocolError    the peer does not speak our protocol; the connection is closed

Anything else that reaches a boundary is a fault of ours: the person sees an incident id, the log the traceback.
"""

from __future__ import annotations


class YuntingError(Exception):
    """Root of the tree in the module text."""


class UserError(YuntingError):
    """What a person can do something about. `code` is stable and machine-readable, `zh` and `en` are sentences."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en


class Refused(UserError):
    """A command that was understood and is not allowed now; the text says why."""


class ProtocolError(YuntingError):
    """The peer broke the protocol; `code` goes into the close frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
