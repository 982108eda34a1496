"""The agenda over the wire: taken off again, mandates with their scope, and the findings of 87(2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hearing.errors import UserError
from tests.fakes.meeting_court import Court, called, phone
from tests.fakes.serving import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

DOCUMENT = "0" * 64


async def delete(court: Court, path: str) -> None:
    await court.clerk.call("DELETE", f"meetings/{court.meeting}/{path}")


async def get(court: Court, path: str) -> Any:
    return await court.clerk.call("GET", f"meetings/{court.meeting}/{path}")


async def test_a_motion_comes_off_the_agenda_until_it_was_opened(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court:
        for title in ("甲", "乙"):
            await court.post("motions", {"title": title, "matter": "ordinary"})
        await court.post("doors", {})
        await delete(court, "motions/M2")
        console = await court.post("motions", {"title": "丙", "matter": "ordinary"})
        # A mandate may name the number of what was taken off: nothing else ever gets it.
        assert [(each["motion"], each["title"]) for each in console["meeting"]["motions"]] == [
            ("M1", "甲"),
            ("M3", "丙"),
        ]
        for code, motion in (("unknown-motion", "M2"), ("unknown-motion", "M9")):
            with pytest.raises(UserError, match=code):
                await delete(court, f"motions/{motion}")
        with pytest.raises(UserError, match="unknown-motion"):
            await court.by_two("open", "M2")
        await court.by_two("open", "M1")
        with pytest.raises(UserError, match="motion-opened"):
            await delete(court, "motions/M1")


async def test_a_mandate_reaches_as_far_as_it_says_and_ends_when_it_is_revoked(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200, 300]) as court:
        for title in ("甲", "乙"):
            await court.post("motions", {"title": title, "matter": "ordinary"})
        await court.post("doors", {})
        token = await court.sign_in(1, court.clerk)
        async with phone(court.clerk, court.meeting, token) as agent:
            mandate = {
                "principal": "C2",
                "agent": "C1",
                "motions": ["M1"],
                "instructions": [{"choice": "against", "motion": "M1"}],
                "document": DOCUMENT,
            }
            await court.post("mandates", mandate)
            while not (told := await agent.until("mine"))["mine"]["principals"]:
                pass
            # The agent had signed in before: the principal is present all the same.
            assert (await court.console())["board"]["heads"] == 2
            await court.by_two("open", "M1")
            await court.by_two("open", "M2")
            while len(told["mine"]["votes"]) < 3:
                told = await agent.until("mine")
            votes = [(vote["motion"], vote["creditor"]) for vote in told["mine"]["votes"]]
            assert votes == [("M1", "C1"), ("M1", "C2"), ("M2", "C1")]
            assert (await agent.cast("agree", "a-1", creditor="C2"))["code"] == "against-instruction"
            assert (await agent.cast("against", "a-2", creditor="C2"))["type"] == "receipt"
            assert (await agent.cast("agree", "a-3", creditor="C2", motion="M2"))["code"] == "mandate-scope"
            (row,) = await get(court, "mandates")
            assert (row["principal_name"], row["agent_name"], row["motions"]) == ("债权人2", "债权人1", ["M1"])
            await delete(court, f"mandates/{row['mandate']}")
            while (await agent.until("mine"))["mine"]["principals"]:
                pass
            (row,) = await get(court, "mandates")
            assert row["revoked"] is True


async def test_the_judge_enters_findings_on_a_plan_that_failed(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, called(server, [100, 200]) as court:
        await court.post("motions", {"title": "重整计划草案", "matter": "plan", "groups": ["ordinary"]})
        await court.post("doors", {})
        path = "motions/M1/cram"
        with pytest.raises(UserError, match="no-cram-down"):
            await get(court, path)
        await court.sign_in(1, court.clerk)
        await court.by_two("open")
        await court.by_two("close")
        await court.by_two("announce")
        rows = await get(court, path)
        assert [(row["number"], row["failed"], row["by_vote"]) for row in rows][2] == (3, ["ordinary"], False)
        assert [row["claimed"] for row in rows] == [None] * 6
        entry = {"condition": 3, "claimed": True, "finding": "清偿比例不低于破产清算"}
        with pytest.raises(UserError, match="no-right"):
            await court.post(path, entry)
        await court.post(path, entry, court.judge)
        rows = await court.post(path, {**entry, "claimed": False, "evidence": DOCUMENT}, court.judge)
        assert (rows[2]["claimed"], rows[2]["evidence"], rows[2]["finding"]) == (False, DOCUMENT, entry["finding"])
        with pytest.raises(UserError, match="no-condition"):
            await court.post(path, {**entry, "condition": 7}, court.judge)
