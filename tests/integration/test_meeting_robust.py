"""A creditors' meeting stays usable: whatever is large is done beside the event loop, whatever fails says so, and
nobody can take it all."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import signaling.meetings.desk
import voting.meeting
from signaling.meetings.room import MeetingRoom
from signaling.meetings.view import Mine
from tests.fakes.called_meeting import CLOSES_UTC_MS, called
from voting.prepared import Prepared

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_the_units_of_a_round_are_made_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in: list[str] = []
    prepare = signaling.meetings.desk.prepare

    def noted(*given: Any) -> Prepared:
        made_in.append(threading.current_thread().name)
        return prepare(*given)

    def on_the_loop(*given: Any) -> Any:
        raise AssertionError("the units were not ready")

    async with called(tmp_path, [100, 200]) as meeting:
        monkeypatch.setattr(signaling.meetings.desk, "prepare", noted)
        monkeypatch.setattr(voting.meeting, "divisions", on_the_loop)
        told = await meeting.by_two("open")
        assert told["console"]["turnout"][0]["heads_total"] == 2
        (thread,) = made_in
        assert thread != threading.main_thread().name
        # Nothing is made ready for what is refused.
        again: Any = {"act": "open", "motion": "M1", "closes_utc_ms": CLOSES_UTC_MS + 1}
        assert (await meeting.post("/acts", **again))["done"] is False
        status, refused, _ = await meeting.ask("POST", f"/{meeting.id}/acts", by=meeting.judge, **again)
        assert (status, refused["error"], len(made_in)) == (400, "already-open", 1)


async def test_a_fault_of_ours_ends_a_socket_with_its_incident_and_the_page_may_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: MeetingRoom, wire: object) -> Mine:
        raise RuntimeError("a fault")

    async with called(tmp_path) as meeting:
        token = await meeting.sign_in(1)
        monkeypatch.setattr(MeetingRoom, "mine", broken)
        async with meeting.socket(token) as socket:
            last = await socket.receive_json(timeout=10)
            assert (last["type"], last["action"], last["code"]) == ("farewell", "enter", "internal")
            assert "编号" in last["zh"]
            assert last["retry_after_ms"] > 0
