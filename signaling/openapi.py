"""The REST interface as an OpenAPI 3.1 document, from the routes that exist and the structs they use."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from hearing.events import Entry
from records.search.index import Hits
from signaling import bodies as b
from signaling.exhibits.messages import ExhibitList, FileTaken
from signaling.gate import bodies as g
from signaling.gate.messages import GateRow, GateView
from signaling.http import Problem
from signaling.meetings import bodies as mb
from signaling.meetings import document_bodies as md
from signaling.meetings import draw_bodies as mw
from signaling.meetings import notice_bodies as mn
from signaling.meetings.package import PackageRow
from signaling.meetings.packing import PackageJob
from signaling.minutes import review_messages as r
from signaling.record import archive_bodies as ab
from signaling.record.seal_messages import SealView
from signaling.supervision import bodies as sv
from signaling.supervision import record_bodies as rb

_SHAPES: dict[tuple[str, str], tuple[Any, Any]] = {
    ("POST", "staff/login"): (b.Login, b.Staff),
    ("GET", "staff/me"): (None, b.Staff),
    ("POST", "staff/password"): (b.NewPassword, None),
    ("GET", "staff/accounts"): (None, list[b.AccountRow]),
    ("POST", "staff/accounts"): (b.NewAccount, b.Staff),
    ("PATCH", "staff/accounts/{account}"): (b.ChangedAccount, b.Staff),
    ("GET", "devices"): (None, list[b.Device]),
    ("POST", "devices"): (b.NewDevice, b.NewDeviceCredential),
    ("POST", "devices/ticket"): (b.ForSession, b.Ticket),
    ("GET", "devices/sessions"): (None, list[b.SessionSummary]),
    ("GET", "sessions"): (None, list[b.SessionSummary]),
    ("POST", "sessions"): (b.NewSession, b.SessionDetail),
    ("GET", "sessions/{id}"): (None, b.SessionDetail),
    ("PATCH", "sessions/{id}"): (b.Rescheduled, b.SessionDetail),
    ("POST", "sessions/{id}/gather"): (None, b.SessionDetail),
    ("POST", "sessions/{id}/cancel"): (b.WithReason, b.SessionDetail),
    ("POST", "sessions/{id}/seats"): (b.NewSeat, b.SessionDetail),
    ("POST", "sessions/{id}/seats/{participant}/invitation"): (None, b.SessionDetail),
    ("DELETE", "sessions/{id}/seats/{participant}/invitation"): (b.WithReason, None),
    ("POST", "sessions/{id}/ticket"): (None, b.Ticket),
    ("GET", "sessions/{id}/events"): (None, list[Entry]),
    ("POST", "sessions/{id}/exports"): (b.NewExport, b.ExportStarted),
    ("GET", "sessions/{id}/exports"): (None, list[b.ExportJob]),
    ("GET", "exports/{job}"): (None, b.ExportJob),
    ("GET", "sessions/{id}/seal"): (None, SealView),
    ("GET", "sessions/{id}/exhibits"): (None, ExhibitList),
    ("POST", "sessions/{id}/exhibits/files"): (None, FileTaken),
    ("GET", "sessions/{id}/exhibits/{number}/file"): (None, None),
    ("GET", "sessions/{id}/exhibits/{number}/pages/{page}"): (None, None),
    ("GET", "sessions/{id}/restrictions"): (None, b.Restricted),
    ("POST", "sessions/{id}/restrictions"): (b.NewRestriction, b.Restricted),
    ("DELETE", "sessions/{id}/restrictions/{mark}"): (b.WithReason, b.Restricted),
    ("POST", "sessions/{id}/cases"): (b.JoinedCase, b.Restricted),
    ("POST", "invitations/open"): (b.Code, b.OpenedInvitation),
    ("POST", "invitations/consent"): (b.Consent, None),
    ("POST", "invitations/ticket"): (b.Returning, b.Ticket),
    ("GET", "archive"): (None, ab.ArchivePage),
    ("POST", "archive/packages/{job}/copies"): (None, ab.CopiesRetried),
    ("GET", "supervision/hearings"): (None, list[sv.SupervisedHearing]),
    ("POST", "supervision/hearings/{session}/look"): (sv.NewLook, b.Ticket),
    ("GET", "supervision/records"): (None, rb.RecordPage),
    ("POST", "supervision/records/search"): (rb.RecordSearch, Hits),
    ("POST", "supervision/records/{session}/look"): (rb.NewRecordLook, rb.RecordOpened),
    ("GET", "supervision/records/{session}/minutes"): (None, rb.RecordMinutes),
    ("GET", "supervision/records/{session}/seal"): (None, SealView),
    ("GET", "supervision/looks"): (None, rb.OwnLooks),
    ("POST", "observe/{session}/ticket"): (b.ObserverSignIn, b.Ticket),
    ("GET", "gate"): (None, GateView),
    ("GET", "gate/notice"): (None, g.FaceNotice),
    ("POST", "gate/consent"): (g.FaceConsent, GateView),
    ("POST", "gate/decline"): (None, GateView),
    ("POST", "gate/withdraw"): (None, GateView),
    ("POST", "gate/document"): (g.DocumentNumber, GateView),
    ("POST", "gate/code"): (None, g.CodeSent),
    ("POST", "gate/code/check"): (g.OneTimeCode, GateView),
    ("GET", "gate/data"): (None, g.IdentityData),
    ("GET", "sessions/{id}/gate"): (None, list[GateRow]),
    ("PUT", "sessions/{id}/gate/{participant}/reference"): (None, GateRow),
    ("PUT", "sessions/{id}/gate/{participant}/file"): (g.CaseFile, GateRow),
    ("POST", "sessions/{id}/gate/{participant}/admit"): (g.Decision, GateRow),
    ("POST", "sessions/{id}/gate/{participant}/refuse"): (g.Decision, GateRow),
    ("POST", "sessions/{id}/gate/{participant}/release"): (g.Explained, GateRow),
    ("POST", "sessions/{id}/gate/{participant}/revoke"): (g.Explained, GateRow),
    ("POST", "sessions/{id}/gate/{participant}/message"): (g.GateMessage, None),
    ("GET", "sessions/{id}/gate/{participant}/data"): (None, g.IdentityData),
    ("POST", "sessions/{id}/gate/{participant}/erase"): (g.Explained, None),
    ("GET", "sessions/{id}/minutes"): (None, r.MinutesView),
    ("POST", "sessions/{id}/signatures"): (None, r.PictureKept),
    ("GET", "search"): (None, Hits),
    ("GET", "sessions/{id}/player"): (None, b.PlayerAddress),
    ("GET", "meetings"): (None, list[mb.MeetingRow]),
    ("POST", "meetings"): (mb.NewMeeting, mb.Console),
    ("GET", "meetings/{id}"): (None, mb.Console),
    ("POST", "meetings/{id}/roll"): (None, mb.RollSummary),
    ("POST", "meetings/{id}/motions"): (mb.NewMotion, mb.Console),
    ("POST", "meetings/{id}/doors"): (None, mb.Console),
    ("POST", "meetings/{id}/acts"): (mb.Act, mb.Acted),
    ("POST", "meetings/{id}/exclusions"): (mb.NewExclusion, None),
    ("POST", "meetings/{id}/mandates"): (mb.NewMandate, mb.CreditorRow),
    ("GET", "meetings/{id}/mandates"): (None, list[mb.MandateRow]),
    ("GET", "meetings/{id}/motions/{motion}/cram"): (None, list[mb.CramRow]),
    ("POST", "meetings/{id}/motions/{motion}/cram"): (mb.CramEntry, list[mb.CramRow]),
    ("POST", "meetings/{id}/people/{person}/link"): (None, mb.NewLink),
    ("POST", "meetings/{id}/presence"): (mb.Certified, None),
    ("POST", "meetings/{id}/papers"): (mb.PaperKeyed, mb.PaperState),
    ("POST", "meetings/{id}/speaker"): (mb.Floor, None),
    ("GET", "meetings/{id}/creditors"): (None, list[mb.CreditorRow]),
    ("POST", "meetings/{id}/signin"): (mb.SignIn, mb.SignedIn),
    ("POST", "meetings/{id}/ballots"): (mb.CastBody, None),
    ("GET", "meetings/{id}/documents"): (None, list[md.DocumentRow]),
    ("POST", "meetings/{id}/documents"): (None, list[md.DocumentRow]),
    ("PATCH", "meetings/{id}/documents/{document}"): (md.ChangedDocument, list[md.DocumentRow]),
    ("DELETE", "meetings/{id}/documents/{document}"): (md.RemovedDocument, list[md.DocumentRow]),
    ("GET", "meetings/{id}/notices"): (None, list[mn.MyNotice]),
    ("GET", "meetings/{id}/notices/board"): (None, list[mn.NoticeBoard]),
    ("POST", "meetings/{id}/notices/{motion}/{round}/deliveries"): (mn.Delivered, list[mn.NoticeBoard]),
    ("GET", "meetings/{id}/draws"): (None, list[mw.DrawView]),
    ("POST", "meetings/{id}/draws"): (mw.NewDraw, list[mw.DrawView]),
    ("POST", "meetings/{id}/draws/{draw}/reveal"): (mw.Revealed, list[mw.DrawView]),
    ("GET", "meetings/{id}/packages"): (None, list[PackageRow]),
    ("POST", "meetings/{id}/packages"): (None, PackageJob),
    ("GET", "meetings/{id}/packages/jobs"): (None, list[PackageJob]),
    ("GET", "meetings/{id}/packages/jobs/{job}"): (None, PackageJob),
    ("GET", "court"): (None, b.CourtCard),
    ("GET", "load"): (None, b.NodeLoad),
}

_PREFIX = "/api/v1/"


def document(app: web.Application, version: str) -> dict[str, Any]:
    """The whole document; pure but for reading the application's routes."""
    kinds = [kind for pair in _SHAPES.values() for kind in pair if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*kinds, Problem], ref_template="#/components/schemas/{name}"
    )
    by_kind = {str(kind): schema for kind, schema in zip([*kinds, Problem], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in app.router.routes():
        canonical = route.resource.canonical if route.resource is not None else ""
        if not canonical.startswith(_PREFIX) or route.method in {"HEAD", "OPTIONS", "*"}:
            continue
        wanted, given = _SHAPES.get((route.method, canonical.removeprefix(_PREFIX)), (None, None))
        paths.setdefault(canonical, {})[route.method.lower()] = _operation(
            canonical, (route.handler.__doc__ or "").strip(), by_kind.get(str(wanted)), by_kind.get(str(given))
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Yunting 云庭", "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components},
    }


def _operation(path: str, summary: str, wanted: Any, given: Any) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    done: dict[str, Any] = {"description": "done"}
    if given is not None:
        done["content"] = {"application/json": {"schema": given}}
    operation: dict[str, Any] = {
        "summary": summary.split("\n")[0],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ],
        "responses": {
            "2XX": done,
            "default": {
                "description": "refused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if wanted is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": wanted}}}
    return operation
