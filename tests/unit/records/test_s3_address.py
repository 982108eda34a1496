"""Addresses of places in S3-compatible storage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.blobs.s3_address import S3Address

pytestmark = pytest.mark.unit


def test_all_parts() -> None:
    url = "s3://court-records/2026/first?endpoint=https://minio.court.example:9000&region=cn-north-1&profile=second"
    assert S3Address.of(url) == S3Address(
        bucket="court-records",
        prefix="2026/first/",
        endpoint="https://minio.court.example:9000",
        region="cn-north-1",
        profile="second",
    )


def test_amazons_own() -> None:
    assert S3Address.of("s3://court-records") == S3Address(bucket="court-records")


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:///prefix",
        "s3://Bucket",
        "s3://b",
        "https://bucket",
        "s3://bucket?endpont=https://x",
        "s3://bucket?endpoint=http://minio.court.example",
        "s3://bucket#x",
        "s3://buc\nket",
        "s3://bucket/../other",
        "s3://bucket/a//b",
        "s3://bucket?endpoint=https://",
        "s3://bucket?endpoint=https:minio.court.example",
        "s3://bucket?endpoint=https://minio.court.example:99999",
        "s3://bucket?endpoint=https://minio.court.example/path",
        "s3://bucket?endpoint=https://a&endpoint=https://b",
        "s3://bucket?region=evil.example/",
    ],
)
def test_what_is_none(url: str) -> None:
    with pytest.raises(ValueError):
        S3Address.of(url)


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:verysecret@bucket",
        "s3://bucket?endpoint=https://AKIA:verysecret@minio.court.example",
        "s3://bucket?endpoint=https:/AKIA:verysecret@minio.court.example",
        "s3://bucket?endpoint=https://AKIA:a&verysecret@minio.court.example",
        "s3://bucket?endpoint=https://minio.court.example:verysecret",
        # Characters that the library turns into others, and says so.
        "s3://AKIA:verysecret\uff20bucket",
        "s3://AKIA:very\u2100verysecret@bucket",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        S3Address.of(url)
    assert "verysecret" not in str(refused.value)
    assert refused.value.__cause__ is None


parts = st.sampled_from(
    [
        "s3:",
        "//",
        "/",
        "bucket",
        "@",
        ":",
        "?",
        "&",
        "=",
        "endpoint",
        "https://",
        "[",
        "]",
        "%40",
        "%00",
        "#",
        "\uff20",
    ]
)


@given(st.lists(parts | st.text(max_size=6), max_size=12).map("".join), st.booleans())
def test_any_text_is_an_address_or_refused_in_our_words(text: str, begun: bool) -> None:
    url = f"s3://bucket?endpoint=https://{text}" if begun else text
    address, refused = taken(url)
    if address is not None:
        assert "@" not in address.endpoint
        assert address.prefix == "" or address.prefix.endswith("/")
    else:
        assert refused.startswith(("s3://", "keys", "the options", "region", "endpoint", "prefix"))


def taken(url: str) -> tuple[S3Address | None, str]:
    """The address, or what is said of it."""
    try:
        return S3Address.of(url), ""
    except ValueError as refused:
        return None, str(refused)
