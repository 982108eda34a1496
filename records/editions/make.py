"""Party and public editions of a record, and the part of one case where several were heard together: each is made
from a finished court edition and says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hearing.errors import UserError
from records import verify
from records.editions.build import EditionBuild
from records.editions.derivation import PATH as DERIVED
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.package.build import ExportOptions, Progress
from records.package.export import PackageResult, carry_out


def edition_of(name: str) -> Edition:
    """UserError `edition-unknown` for a name that is none."""
    try:
        return Edition(name)
    except ValueError:
        raise UserError(
            "edition-unknown",
            f"没有“{name}”版，可选：court（法院）、party（当事人）、public（公众）",
            f"there is no edition {name!r}, only court, party, public",
        ) from None


async def export_edition(
    court: Path,
    out_dir: Path,
    key: CourtKey,
    edition: Edition,
    case_no: str | None = None,
    options: ExportOptions | None = None,
    progress: Progress = lambda permille, what: None,
) -> PackageResult:
    """Make the edition below `out_dir` from the court edition in the folder `court`; otherwise as `export_session`.

    Further UserErrors: `record-broken` (the court edition is not what was sealed), `not-public`, `case-needed`,
    `unknown-case`."""
    progress(0, "check")
    await asyncio.to_thread(_check_court, court, key)
    build = await asyncio.to_thread(
        EditionBuild, court, out_dir, key, options or ExportOptions(), progress, edition, case_no
    )
    return await carry_out(build)


def _check_court(court: Path, key: CourtKey) -> None:
    """Nothing is derived from what is not whole, or is itself derived."""
    checked = verify.verify_path(str(court), key.fingerprint)
    if checked["ok"] and not (court / DERIVED).exists():
        return
    first = checked["wrong"][0] if checked["wrong"] else {"file": DERIVED, "what": "no court edition 非法院版"}
    raise UserError(
        "record-broken",
        f"不能由此卷宗包派生：{first['file']}（{first['what']}）",
        f"no edition can be made from this package: {first['file']} ({first['what']})",
    )
