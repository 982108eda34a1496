"""TURN credentials: made per person, expiring, and as coturn computes them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from media_server.turn import TurnSettings, ice_servers, rest_credentials

pytestmark = pytest.mark.unit

URLS = ("turns:turn.example:443?transport=tcp",)


def test_without_servers_a_page_is_told_of_none() -> None:
    assert ice_servers(TurnSettings(secret="s"), "p", 0) == ()


def test_fixed_credentials_are_told_as_they_are() -> None:
    [server] = ice_servers(TurnSettings(URLS, "user", "word"), "p", 0)
    assert server == {"urls": URLS, "username": "user", "credential": "word"}


def test_with_a_secret_each_person_gets_their_own_for_a_time() -> None:
    settings = TurnSettings(URLS, "user", "word", secret="s", lifetime_s=60)
    first, again, other = (ice_servers(settings, who, 1000.7)[0] for who in ("a", "a", "b"))
    assert first == again
    assert first["username"] != other["username"]
    assert str(first["username"]).startswith("1060:")
    assert first["credential"] != "word"


def test_the_participant_is_not_written_into_the_name() -> None:
    username, _ = rest_credentials("s", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)
    assert "01ARZ" not in username


def test_the_password_is_what_coturn_computes() -> None:
    username, password = rest_credentials("north", "p", 1060)
    assert password == base64.b64encode(hmac.new(b"north", username.encode(), hashlib.sha1).digest()).decode()
