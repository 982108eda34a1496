"""Which registry and which SMS service the settings choose."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from config import Settings, SettingsError, load
from identity.code_sender import HttpCodeSender
from identity.registries.http import HttpRegistry
from identity.registries.offline import OfflineRegistry
from yunting.gate import open_codes, open_registry

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


def code_settings(url: str = "", secret: str = "") -> Settings:
    return load(None, {"YUNTING_IDENTITY_CODE_URL": url, "YUNTING_IDENTITY_CODE_SECRET": secret})


async def sender_of(settings: Settings) -> object:
    async with AsyncExitStack() as stack:
        return await open_codes(settings, stack, lambda: 0)


def test_codes_go_to_the_service_of_the_settings_or_nowhere() -> None:
    assert asyncio.run(sender_of(code_settings())) is None
    assert isinstance(asyncio.run(sender_of(code_settings("https://sms.example/", "s" * 16))), HttpCodeSender)


@pytest.mark.parametrize(("url", "secret"), [("http://sms.example/", "s" * 16), ("https://sms.example/", "s")])
def test_codes_by_an_open_line_or_a_short_secret_do_not_start(url: str, secret: str) -> None:
    with pytest.raises(SettingsError, match="code_url"):
        asyncio.run(sender_of(code_settings(url, secret)))
