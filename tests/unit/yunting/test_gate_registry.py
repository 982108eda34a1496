"""Which registry the settings choose."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from config import Settings, SettingsError, load
from identity.registries.http import HttpRegistry
from identity.registries.offline import OfflineRegistry
from yunting.gate import open_registry

pytestmark = pytest.mark.unit


def settings(url: str = "", secret: str = "") -> Settings:
    return load(None, {"YUNTING_IDENTITY_REGISTRY_URL": url, "YUNTING_IDENTITY_REGISTRY_SECRET": secret})


async def chosen_by(settings: Settings) -> object:
    async with AsyncExitStack() as stack:
        return await open_registry(settings, stack, lambda: 0)


def test_without_a_service_a_clerk_checks() -> None:
    assert isinstance(asyncio.run(chosen_by(settings())), OfflineRegistry)


def test_the_service_of_the_settings() -> None:
    named = settings("https://registry.example/verify", "s" * 16)
    assert isinstance(asyncio.run(chosen_by(named)), HttpRegistry)


@pytest.mark.parametrize(
    ("url", "secret"), [("http://registry.example/", "s" * 16), ("https://registry.example/", "s")]
)
def test_an_open_line_or_a_short_secret_does_not_start(url: str, secret: str) -> None:
    with pytest.raises(SettingsError, match="registry"):
        asyncio.run(chosen_by(settings(url, secret)))
