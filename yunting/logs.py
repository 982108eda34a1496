"""The server's log: one JSON object a line on standard error, no local variables, no personal data in the text.

Whoever must log something personal uses a key that begins with `pii_`; those keys are cut unless asked for.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger


def set_up(*, personal: bool = False) -> None:
    """Configure structlog and the libraries' logging for this process. Idempotent."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if personal else [_without_personal]),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    # aiortc installs a NullHandler: without a level of our own its failures are silent.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _without_personal(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if not key.startswith("pii_")}
