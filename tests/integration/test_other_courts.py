"""A device of one court shows nothing of another; the sweep of used tickets outlives a store that refuses."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from records.errors import StoreUnavailable
from signaling import web
from signaling.bodies import Device
from signaling.observe_routes import DEVICES, StoredDevice, _digest
from tests.fakes.courthouse import courthouse

pytestmark = pytest.mark.integration

DEVICE = "01JDG0000000000000000000D1"


@pytest.mark.parametrize(("belongs_to", "status"), [("某某人民法院", 200), ("", 200), ("别处人民法院", 403)])
async def test_a_display_shows_its_own_court_only(belongs_to: str, status: int) -> None:
    async with courthouse() as court:
        session = await court.session()
        device = Device(id=DEVICE, name="大屏", kind="display", court=belongs_to)
        kept = StoredDevice(device=device, secret_sha256=_digest("secret"))
        await court.services.store.put(DEVICES, DEVICE, msgspec.json.encode(kept))
        bearer = {"Authorization": f"Bearer {DEVICE}.secret"}
        url = f"{court.url}/api/v1/devices/ticket"
        async with court.http.post(url, json={"session": session}, headers=bearer) as response:
            assert response.status == status, await response.text()


async def test_the_sweep_outlives_a_store_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SWEEP_INTERVAL_S", 0.0)
    swept = asyncio.Event()

    class Refusing:
        tries = 0

        async def sweep(self) -> int:
            self.tries += 1
            if self.tries == 1:
                raise StoreUnavailable("locked")
            swept.set()
            return 0

    sweeping = asyncio.ensure_future(web._sweep(Refusing()))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await swept.wait()
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
