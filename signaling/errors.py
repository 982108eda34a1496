"""Errors turned into words for the person, and into an incident for us."""

from __future__ import annotations

import secrets
import traceback

import structlog

from hearing.errors import UserError
from signaling.protocol import Error

_log = structlog.get_logger("signaling")


def new_incident(where: str, problem: BaseException) -> str:
    """Log a fault of ours under a new id; the person is shown the id only."""
    incident = secrets.token_hex(6)
    log_fault("incident", problem, incident=incident, where=where)
    return incident


def log_fault(event: str, problem: BaseException, **keys: str) -> None:
    """Log where a fault happened. Never `exc_info`: structlog's renderers print local variables, and in those are
    names and passwords. The problem's own words may hold such data too: key `pii_error`."""
    frames = "".join(traceback.format_tb(problem.__traceback__))
    _log.error(event, **keys, kind=type(problem).__name__, frames=frames, pii_error=str(problem)[:500])


def error_message(re: str | None, problem: BaseException, where: str) -> Error:
    """The `error` frame for a problem: its own words for UserError, an incident id for anything else."""
    if isinstance(problem, UserError):
        return Error(re=re, code=problem.code, zh=problem.zh, en=problem.en)
    incident = new_incident(where, problem)
    return Error(
        re=re,
        code="internal",
        zh=f"系统故障，请联系技术人员（编号 {incident}）",
        en=f"a fault of ours: tell the operator (incident {incident})",
        incident=incident,
    )
