"""Errors turned into words for the person, and into an incident for us."""

from __future__ import annotations

import secrets

from hearing.errors import UserError
from hearing.tasks import log_fault
from signaling.protocol import Error


def new_incident(where: str, problem: BaseException) -> str:
    """Log a fault of ours under a new id; the person is shown the id only."""
    incident = secrets.token_hex(6)
    log_fault("incident", problem, incident=incident, where=where)
    return incident


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
