"""The address of a place in S3-compatible storage: `s3://bucket/prefix?endpoint=https://host&region=...&profile=...`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OPTIONS = {"endpoint", "region", "profile"}


@dataclass(frozen=True, slots=True)
class S3Address:
    """`prefix` is empty or ends with `/`. Empty `endpoint` = Amazon's own; `profile` names one of the credentials
    file, so that two places may be entered with two keys."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    profile: str = ""

    @classmethod
    def of(cls, url: str) -> S3Address:
        """Raises ValueError, which names no secret."""
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ValueError("keys do not stand in an address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
            raise ValueError("s3://bucket/prefix?endpoint=https://host is needed")
        if unknown := set(options) - _OPTIONS:
            raise ValueError(f"unknown option {min(unknown)}")
        endpoint = options.get("endpoint", "")
        host = urlsplit(endpoint)
        if "@" in host.netloc:
            # The library repeats an endpoint in its errors, which the clerk sees.
            raise ValueError("keys do not stand in an endpoint")
        local = host.hostname in {"127.0.0.1", "::1", "localhost"}
        if endpoint and not (host.scheme == "https" or (host.scheme == "http" and local)):
            raise ValueError("endpoint must be https:// (http:// to this machine only)")
        prefix = parts.path.strip("/")
        return cls(
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=endpoint,
            region=options.get("region", "us-east-1"),
            profile=options.get("profile", ""),
        )
