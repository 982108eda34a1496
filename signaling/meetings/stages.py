"""The stages of all meetings on this server: each is made when somebody first watches or gets the floor."""

from __future__ import annotations

from hearing.tasks import TaskSet
from signaling.meetings.bodies import FloorView
from signaling.meetings.room import MeetingRoom
from signaling.meetings.stage import Stage
from signaling.services import Services


class Stages:
    """One stage for each meeting."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks = TaskSet()
        self._stages: dict[str, Stage] = {}

    def of(self, room: MeetingRoom) -> Stage:
        """The room's stage."""
        stage = self._stages.get(room.record.id)
        if stage is None:
            settings = self._services.settings.meetings
            stage = Stage(
                room,
                self._services.media,
                self._services.sources.monotonic_us,
                most_viewers=settings.viewers,
                grace_ms=int(settings.floor_grace_s * 1_000),
            )
            self._stages[room.record.id] = stage
            self._tasks.spawn(stage.run(), "meeting stage")
        elif stage.room is not room:
            # The room was closed while nobody was in it.
            stage.attend(room)
        return stage

    def floor_view(self, room: MeetingRoom, now_utc_ms: int) -> FloorView | None:
        """What the console shows of the floor; None: it is nobody's."""
        stage = self._stages.get(room.record.id)
        return stage.floor_view(now_utc_ms) if stage is not None else None

    async def close(self) -> None:
        """End all. Idempotent."""
        await self._tasks.close()
        for stage in self._stages.values():
            await stage.close()
