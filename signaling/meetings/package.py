"""The sealed package of a creditors' meeting: the ballot log in both editions, papers, documents and who opened them,
evidence of notices, both verifiers; a signed BagIt bag as that of a hearing, and checked before anybody gets it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from hearing.errors import Refused, UserError
from hearing.ids import is_ulid, new_ulid
from records import verify as package_verifier
from records.file_names import safe_name
from records.package.manifest import Bag
from records.writing.minutes import Minutes
from signaling.bodies import Answer
from signaling.meetings.document_desk import DocumentDesk
from signaling.meetings.draws import Draws
from signaling.meetings.notice_sheets import evidence_sheet
from signaling.meetings.notices import Notices
from signaling.meetings.outputs import Outputs, write_paper, write_table
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from voting import verify as ballot_verifier
from voting.anchors.proofs import Proofs
from voting.deadlines import day_of
from voting.log_export import Edition, NothingToExport, export_log
from voting.round import Round, State

Tell = Callable[[int, str, str], None]
"""Permille done, and what is done now in Chinese and English; on the event loop."""

KIND = "creditors-meeting"
_FILLED_PERMILLE = 800
"""Part of the progress that filling takes; signing and counting again share the rest."""
MAX_INFO_BYTES = 64 * 1024


class PackageRow(Answer, frozen=True, kw_only=True):
    """A finished package."""

    package: str
    name: str
    bytes: int
    sha512: str
    """Of `manifest-sha512.txt`: goes onto paper, outside of the package."""


class MeetingPackages:
    """Makes packages below `<storage>/packages` and finds them again."""

    def __init__(
        self, services: Services, outputs: Outputs, documents: DocumentDesk, notices: Notices, draws: Draws
    ) -> None:
        self._services = services
        self._outputs = outputs
        self._documents = documents
        self._notices = notices
        self._draws = draws
        self._folder = Path(services.settings.storage.folder) / "packages"

    def check(self, room: MeetingRoom) -> None:
        """Raises Refused `motion-open` while people vote: the package says what was voted. UserError `no-log`."""
        if room.hall.meeting.open_rounds:
            raise Refused("motion-open", "表决进行中，不能生成卷宗包", "a motion is open: no package now")
        if not room.hall.log.durable:
            raise UserError("no-log", "表决日志尚未开始", "the log has not begun")

    async def make(self, room: MeetingRoom, account: str, tell: Tell) -> PackageRow:
        """A package of the meeting as it stands, whole or not at all. Raises as `check`, UserError `record-broken`,
        OSError."""
        self.check(room)
        package = new_ulid(self._services.sources.utc_ms())
        home = self._folder / package
        name = safe_name(f"{room.record.case_no}_{room.record.title}_{room.record.id}", room.record.id)
        staging = home / f".{name}.partial"
        try:
            await asyncio.to_thread(staging.mkdir, parents=True)
            bag = Bag(staging)
            await self._fill(bag, room, _Steps(room, tell))
            tell(_FILLED_PERMILLE, "签名并校验", "signing and checking")
            await asyncio.to_thread(self._seal, bag, room, account)
            # A motion that was opened meanwhile would be told of by its first ballots.
            self.check(room)
            await asyncio.to_thread(_publish, staging, home / name)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, home, ignore_errors=True))
            raise
        return await asyncio.to_thread(_row, home / name)

    async def of(self, meeting: str) -> list[PackageRow]:
        """The meeting's finished packages, the oldest first."""
        return await asyncio.to_thread(lambda: [_row(each) for each in _found(self._folder, meeting)])

    async def folder(self, meeting: str, package: str) -> Path:
        """Where a finished package lies. Raises UserError `no-package`."""
        for each in await asyncio.to_thread(lambda: list(_found(self._folder, meeting))):
            if each.parent.name == package:
                return each
        raise UserError("no-package", "没有这个卷宗包", "there is no such package")

    async def _fill(self, bag: Bag, room: MeetingRoom, steps: _Steps) -> None:
        await self._logs(bag, room, steps)
        await self._papers(bag, room, steps)
        steps.begin("会议文件", "documents")
        for document in room.record.documents:
            name = safe_name(f"{document.document}-{document.title}", document.document)
            source = self._documents.file(room, document)
            await asyncio.to_thread(bag.copy, f"data/documents/{name}.{document.kind}", source)
            sheet = await self._documents.sheet(room, document.document)
            await _table(bag, f"data/documents/{document.document}-reads.csv", [sheet])
        for round_ in list(room.hall.meeting.rounds.values()):
            if round_.state is State.ANNOUNCED:
                steps.begin("送达证据", "evidence of notices")
                maker, values = await self._notices.told(room, round_)
                sheet = evidence_sheet(maker.told, maker.register, maker.of, values)
                await _table(bag, f"data/notices/{_label(round_)}/送达证据.csv", [sheet])
        facts = msgspec.json.format(msgspec.json.encode(await self._facts(room)), indent=1)
        await asyncio.to_thread(bag.add, "data/meeting.json", facts + b"\n")

    async def _logs(self, bag: Bag, room: MeetingRoom, steps: _Steps) -> None:
        services = self._services
        await asyncio.to_thread((bag.folder / "data").mkdir, exist_ok=True)
        for edition, path in (
            (Edition.COURT, package_verifier.BALLOTS),
            (Edition.PUBLIC, "data/ballot-log-public.jsonl"),
        ):
            steps.begin("表决日志", "ballot log")
            try:
                await export_log(
                    services.ballots,
                    room.record.id,
                    room.hall.meeting.rolls,
                    services.court_key,
                    edition,
                    bag.folder / path,
                )
            except NothingToExport:
                raise UserError("no-log", "表决日志尚未开始", "the log has not begun") from None
            await asyncio.to_thread(bag.adopt, path)
        anchors = await Proofs(services.store).lines(room.record.id)
        if anchors:
            await asyncio.to_thread(bag.add, "data/anchors.jsonl", anchors)

    async def _papers(self, bag: Bag, room: MeetingRoom, steps: _Steps) -> None:
        steps.begin("会议记录", "minutes")
        minutes = await self._outputs.minutes(room)
        await _paper(bag, f"data/papers/会议记录{'（草稿）' if minutes.draft else ''}", minutes)
        for round_ in list(room.hall.meeting.rounds.values()):
            if round_.result is None:
                continue
            folder = f"data/papers/{_label(round_)}"
            steps.begin("决议与统计表", "resolution and tally")
            decided = await self._outputs.resolution(room, round_)
            await _paper(bag, f"{folder}/决议{'（草稿）' if decided.draft else ''}", decided)
            await _paper(bag, f"{folder}/表决统计表", await self._outputs.tally(room, round_))
            await _table(bag, f"{folder}/表决统计表.xlsx", await self._outputs.tally_sheets(room, round_))
            steps.begin("记名表决表", "named list")
            await _table(bag, f"{folder}/记名表决表.xlsx", await self._outputs.named(room, round_))

    async def _facts(self, room: MeetingRoom) -> dict[str, Any]:
        services = self._services
        record = msgspec.to_builtins(room.record)
        return {
            "format": "yunting-meeting/1",
            "meeting": record,
            "documents": await self._documents.board(room),
            "notices": await self._notices.board(room),
            "draws": await self._draws.all(room, named=True),
            "log_size": room.hall.log.durable,
            "log_root": room.hall.log.tree.root(room.hall.log.durable).hex(),
            "key": services.court_key.fingerprint,
            "software": f"yunting {services.version}",
            "made_utc_ms": services.sources.utc_ms(),
        }

    def _seal(self, bag: Bag, room: MeetingRoom, account: str) -> None:
        bag.add("verify.py", package_verifier.source())
        bag.add("verify_ballots.py", ballot_verifier.source())
        assets = Path(package_verifier.__file__).parents[1] / "assets"
        bag.add("VERIFY.md", (assets / "VERIFY-MEETING.md").read_bytes())
        bag.seal(
            self._services.court_key,
            {
                "Source-Organization": room.record.court,
                "External-Identifier": room.record.id,
                "External-Description": f"{room.record.case_no} {room.record.title}",
                "Bagging-Date": f"{day_of(self._services.sources.utc_ms())}",
                "Bag-Software-Agent": f"yunting {self._services.version}",
                "Yunting-Kind": KIND,
                "Yunting-Made-By": account,
            },
        )
        result = package_verifier.verify_path(str(bag.folder), self._services.court_key.fingerprint)
        if not result["ok"]:
            first = result["wrong"][0]
            raise UserError(
                "record-broken",
                f"卷宗包未通过校验：{first['file']}（{first['what']}）",
                f"the package is refused by its own verifier: {first['file']} ({first['what']})",
            )


class _Steps:
    """Which of the parts is being made."""

    def __init__(self, room: MeetingRoom, tell: Tell) -> None:
        rounds = list(room.hall.meeting.rounds.values())
        counted = sum(round_.result is not None for round_ in rounds)
        announced = sum(round_.state is State.ANNOUNCED for round_ in rounds)
        self._all = 4 + 2 * counted + announced
        self._begun = 0
        self._tell = tell

    def begin(self, zh: str, en: str) -> None:
        """The next part."""
        self._tell(min(_FILLED_PERMILLE, _FILLED_PERMILLE * self._begun // self._all), zh, en)
        self._begun += 1


def _label(round_: Round) -> str:
    return safe_name(f"{round_.opened.motion}-{round_.opened.round}")


async def _paper(bag: Bag, path: str, paper: Minutes) -> None:
    """In every format that can be made here: without a Chinese font there is no PDF."""
    for kind in ("docx", "ofd", "pdf"):
        file = bag.folder / f"{path}.{kind}"
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        try:
            await asyncio.to_thread(write_paper, file, paper, kind)
        except UserError:
            await asyncio.to_thread(file.unlink, missing_ok=True)
            continue
        await asyncio.to_thread(bag.adopt, f"{path}.{kind}")


async def _table(bag: Bag, path: str, sheets: list[Any]) -> None:
    file = bag.folder / path
    await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(write_table, file, sheets, path.rpartition(".")[2])
    await asyncio.to_thread(bag.adopt, path)


def _publish(staging: Path, target: Path) -> None:
    """Durable, then visible under its name, in one step."""
    for item in (*staging.rglob("*"), staging):
        descriptor = os.open(item, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    staging.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _found(packages: Path, meeting: str) -> list[Path]:
    found = []
    for folder in sorted(packages.glob("*/*")):
        if not is_ulid(folder.parent.name) or folder.name.startswith("."):
            continue
        try:
            info = _info(folder)
        except (OSError, ValueError):
            continue
        if info.get("External-Identifier") == meeting and info.get("Yunting-Kind") == KIND:
            found.append(folder)
    return found


def _info(folder: Path) -> dict[str, str]:
    with (folder / "bag-info.txt").open("rb") as file:
        text = file.read(MAX_INFO_BYTES).decode("utf-8")
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}


def _row(folder: Path) -> PackageRow:
    return PackageRow(
        package=folder.parent.name,
        name=folder.name,
        bytes=int(_info(folder)["Payload-Oxum"].partition(".")[0]),
        sha512=hashlib.sha512((folder / "manifest-sha512.txt").read_bytes()).hexdigest(),
    )
