"""The creditors' meeting of the demo: a first vote that failed, a second that one person takes to its result."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.serving import PASSWORD, serving
from yunting.demo.assembly import confirm, convene

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_one_person_takes_the_demo_to_a_result_that_verifies(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.api() as clerk, server.api() as judge, server.api() as viewer:
        await clerk.sign_in("desk", PASSWORD)
        await judge.sign_in("bench", PASSWORD)
        assembly = await convene(clerk, judge, verify=True)
        assert assembly.log_leaves > 0
        await viewer.sign_in("firm", PASSWORD)
        path = f"meetings/{assembly.meeting}"
        first, second = (await viewer.call("GET", path))["meeting"]["motions"]
        assert first["result"]["divisions"][0]["heads_missing"] == 0
        assert first["result"]["divisions"][0]["amount_missing_fen"] > 0
        assert second["state"] == "open"
        person, _, code = assembly.creditor_link.partition("#")[2].partition(".")
        signed = {"person": person, "code": code, "number_end": assembly.number_end}
        assert (await viewer.call("POST", f"{path}/signin", signed))["person"] == person

        beside = asyncio.create_task(confirm(server.base_url, viewer.trust, ("bench", PASSWORD), assembly.meeting))
        try:
            for act, state in (("close", "tallied"), ("announce", "announced")):
                await viewer.call("POST", f"{path}/acts", {"act": act, "motion": "M2", "round": 1})
                async with asyncio.timeout(30):
                    while (await viewer.call("GET", path))["meeting"]["motions"][1]["state"] != state:
                        await asyncio.sleep(0.2)
        finally:
            beside.cancel()
        assert (await viewer.call("GET", path))["meeting"]["motions"][1]["result"]["passed"] is True
