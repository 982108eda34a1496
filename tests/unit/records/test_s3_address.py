"""Addresses of places in S3-compatible storage."""

from __future__ import annotations

import pytest

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
    ],
)
def test_what_is_none(url: str) -> None:
    with pytest.raises(ValueError):
        S3Address.of(url)


@pytest.mark.parametrize(
    "url", ["s3://AKIA:verysecret@bucket", "s3://bucket?endpoint=https://AKIA:verysecret@minio.court.example"]
)
def test_a_key_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        S3Address.of(url)
    assert "verysecret" not in str(refused.value)
