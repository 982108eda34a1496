"""The address of a place in S3-compatible storage: `s3://bucket/prefix?endpoint=https://host&region=...&profile=...`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from records.file_names import is_safe_path

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OPTIONS = {"endpoint", "region", "profile"}
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?")
_NEEDED = "s3://bucket/prefix?endpoint=https://host is needed"
_ENDPOINT = "endpoint must be https://host or https://host:port (http:// to this machine only)"


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
        # The library strips some of them in silence.
        if any(ord(character) <= 32 or character == "\x7f" for character in url):
            raise ValueError(_NEEDED)
        parts = _split(url, _NEEDED)
        if "@" in parts.netloc:
            raise ValueError("keys do not stand in an address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        options = dict(pairs)
        prefix = parts.path.strip("/")
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
            raise ValueError(_NEEDED)
        if prefix and not is_safe_path(prefix):
            raise ValueError(f"prefix: {_NEEDED}")
        if set(options) - _OPTIONS or len(options) < len(pairs):
            # An option may be a part of a key in which an & stood.
            raise ValueError(f"the options are {', '.join(sorted(_OPTIONS))}, each once")
        region = options.get("region", "us-east-1")
        if not _REGION.fullmatch(region):
            raise ValueError("region is a name such as us-east-1")
        endpoint = options.get("endpoint", "")
        if endpoint:
            _check_endpoint(endpoint)
        return cls(
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=endpoint,
            region=region,
            profile=options.get("profile", ""),
        )


def _check_endpoint(endpoint: str) -> None:
    # The library repeats an endpoint in its errors, which the clerk sees.
    if "@" in endpoint:
        raise ValueError("keys do not stand in an endpoint")
    host = _split(endpoint, _ENDPOINT)
    local = host.hostname in {"127.0.0.1", "::1", "localhost"}
    if not (host.scheme == "https" or (host.scheme == "http" and local)):
        raise ValueError(_ENDPOINT)
    if (
        not host.hostname
        or host.path.strip("/")
        or host.query
        or host.fragment
        or _HOST.fullmatch(host.netloc) is None
    ):
        raise ValueError(_ENDPOINT)


def _split(url: str, needed: str) -> SplitResult:
    """ValueError `needed`: the library's own repeats what stands in the address."""
    try:
        parts = urlsplit(url)
        # Read only to be looked at: a port may be none.
        _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(needed) from None
    return parts
