"""Packages being made: one at a time on this server, with how far it is, for whoever looks."""

from __future__ import annotations

from collections import OrderedDict

from msgspec.structs import replace

from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.tasks import TaskSet
from signaling.bodies import Answer
from signaling.errors import error_message
from signaling.meetings.package import MeetingPackages, PackageRow
from signaling.meetings.room import MeetingRoom
from signaling.services import Services

JOBS_KEPT = 50
"""Beyond them the oldest finished ones are forgotten; their packages stay on the disk."""


class PackageJob(Answer, frozen=True, kw_only=True):
    """`package` is there when it is sealed and checked; `error` is a code, told in the steps' words."""

    job: str
    permille: int
    step_zh: str
    step_en: str
    done: bool
    error: str | None
    package: PackageRow | None


class Packing:
    """Jobs by id. `close` gives up what runs: nothing of it stays."""

    def __init__(self, services: Services, packages: MeetingPackages) -> None:
        self._services = services
        self._packages = packages
        self._tasks = TaskSet()
        self._jobs: OrderedDict[str, tuple[str, PackageJob]] = OrderedDict()
        """With the meeting of each."""

    def start(self, room: MeetingRoom, account: str) -> PackageJob:
        """Begin. Raises UserError `busy` while another is being made, Refused `motion-open`."""
        if any(not job.done for _, job in self._jobs.values()):
            raise UserError("busy", "正在生成另一个卷宗包，请稍候", "another package is being made: wait a little")
        self._packages.check(room)
        job = PackageJob(
            job=new_ulid(self._services.sources.utc_ms()),
            permille=0,
            step_zh="准备",
            step_en="preparing",
            done=False,
            error=None,
            package=None,
        )
        self._set(room, job)
        self._tasks.spawn(self._run(job, room, account), "package of a meeting")
        return job

    def of(self, meeting: str) -> list[PackageJob]:
        """The meeting's jobs since the server began, the oldest first."""
        return [job for where, job in self._jobs.values() if where == meeting]

    def job(self, meeting: str, job: str) -> PackageJob:
        """How far it is. Raises UserError `unknown-job`."""
        where, found = self._jobs.get(job, ("", None))
        if found is None or where != meeting:
            raise UserError("unknown-job", "没有这个任务", "there is no such job")
        return found

    async def close(self) -> None:
        """Give up what runs. Idempotent."""
        await self._tasks.close()

    async def _run(self, job: PackageJob, room: MeetingRoom, account: str) -> None:
        def tell(permille: int, zh: str, en: str) -> None:
            self._set(room, replace(job, permille=permille, step_zh=zh, step_en=en))

        try:
            made = await self._packages.make(room, account, tell)
        except Exception as problem:
            error = error_message(None, problem, "package of a meeting")
            self._set(room, replace(job, done=True, error=error.code, step_zh=error.zh, step_en=error.en))
            return
        self._set(room, replace(job, permille=1000, step_zh="完成", step_en="done", done=True, package=made))

    def _set(self, room: MeetingRoom, job: PackageJob) -> None:
        self._jobs[job.job] = (room.record.id, job)
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)
