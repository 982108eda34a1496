"""Everybody whom the demo names can sign in and see what is theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import aiohttp
import pytest

from signaling.bodies import StaffRole
from tests.fakes.courthouse import courthouse
from yunting.demo.play import Accounts, _bootstrap

pytestmark = pytest.mark.integration

OWN = {"supervisor": "supervision/hearings", "clerk": "archive", "operator": "devices", "administrator": "meetings"}


async def test_the_demo_has_an_account_for_each_kind_of_staff() -> None:
    accounts = Accounts(password="only for this test")
    async with courthouse() as court:
        server: Any = SimpleNamespace(services=court.services)
        for _ in range(2):
            await _bootstrap(server, accounts)
        roles = set()
        for account in (
            accounts.judge,
            accounts.clerk,
            accounts.operator,
            accounts.administrator,
            accounts.supervisor,
        ):
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(
                f"{court.url}/api/v1/", headers={"X-Yunting": "1"}, cookie_jar=jar
            ) as http:
                body = {"account": account, "password": accounts.password}
                async with http.post("staff/login", json=body) as done:
                    assert done.status == 200, account
                async with http.get("staff/me") as me:
                    role = (await me.json())["role"]
                roles.add(role)
                if role in OWN:
                    async with http.get(OWN[role]) as shown:
                        assert shown.status == 200, (role, await shown.text())
        assert roles == set(get_args(StaffRole))
