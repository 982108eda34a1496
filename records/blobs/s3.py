"""Blobs in S3-compatible storage (Amazon S3 API of 2006-03-01; MinIO, Ceph, OSS and COS speak it).

What is longer than a part goes up in parts, each with its SHA-256, which a service that knows it checks. A cut leaves
the parts where they are: the next `put` asks for them, keeps those that are the source's, and goes on. Keys come from
boto3's own chain (AWS_ACCESS_KEY_ID, ~/.aws/credentials). That nobody else removes a blob is the bucket's business:
Object Lock or a policy without DeleteObject.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from records.blobs.keys import check_deletable, check_key, check_range, other_bytes
from records.blobs.s3_address import S3Address
from records.errors import BlobMismatch, BlobMissing, BlobUnavailable

PART_BYTES = 8 << 20
"""S3 takes parts of 5 MiB or more; one is held in memory."""
MAX_PARTS = 10_000
BLOCK_BYTES = 1 << 20
ATTEMPTS = 4
"""Of each request, by the library, with growing pauses; then the call fails and whoever made it comes again."""
CONNECT_S, ANSWER_S = 10, 60
_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Blobs:
    """BlobStore in a bucket that exists. One `put` of a key at a time."""

    def __init__(self, address: S3Address, part_bytes: int = PART_BYTES, attempts: int = ATTEMPTS) -> None:
        """Blocks; see `open`."""
        self._bucket = address.bucket
        self._prefix = address.prefix
        self._part_bytes = part_bytes
        try:
            session = boto3.Session(profile_name=address.profile or None, region_name=address.region)
            self._s3: Any = session.client(
                "s3",
                endpoint_url=address.endpoint or None,
                config=Config(
                    connect_timeout=CONNECT_S,
                    read_timeout=ANSWER_S,
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    # Whoever copies S3 does not know its newest checksums; ours go with each part.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path" if address.endpoint else "auto"},
                ),
            )
        except BotoCoreError as error:
            raise BlobUnavailable(str(error)) from error

    @classmethod
    async def open(cls, address: S3Address, part_bytes: int = PART_BYTES, attempts: int = ATTEMPTS) -> S3Blobs:
        """Asks nobody yet. BlobUnavailable when the profile does not exist."""
        return await asyncio.to_thread(cls, address, part_bytes, attempts)

    async def put(self, key: str, source: Path | bytes, sha512: str) -> None:
        check_key(key)
        await asyncio.to_thread(self._put, key, source, sha512)

    async def size_bytes(self, key: str) -> int | None:
        check_key(key)
        head = await asyncio.to_thread(self._head, key)
        return None if head is None else int(head["ContentLength"])

    async def read(self, key: str, first_byte: int = 0, end_byte: int | None = None) -> AsyncIterator[bytes]:
        check_key(key)
        check_range(first_byte, end_byte)
        body = await asyncio.to_thread(self._open, key, first_byte, end_byte)
        if body is None:
            return
        try:
            while block := await asyncio.to_thread(_next_block, body):
                yield block
        finally:
            await asyncio.to_thread(body.close)

    async def keys(self, prefix: str) -> Sequence[str]:
        return await asyncio.to_thread(self._keys, prefix)

    async def delete(self, key: str) -> None:
        check_deletable(key)
        await asyncio.to_thread(self._delete, key)

    async def close(self) -> None:
        await asyncio.to_thread(self._s3.close)

    def _put(self, key: str, source: Path | bytes, sha512: str) -> None:
        with _opened(source) as reader:
            size = reader.seek(0, os.SEEK_END)
            with _told():
                if self._there(key, size, sha512):
                    return
                if size <= self._part_bytes:
                    self._put_small(key, reader, sha512)
                else:
                    self._put_parts(key, reader, size, sha512)

    def _there(self, key: str, size: int, sha512: str) -> bool:
        """Whether these bytes are there already: read back, for a mark beside them would prove nothing. Refused
        `blob-exists` when others are."""
        head = self._head(key)
        if head is None:
            return False
        if int(head["ContentLength"]) != size or self._hash(key) != sha512:
            raise other_bytes(key)
        return True

    def _put_small(self, key: str, reader: BinaryIO, sha512: str) -> None:
        reader.seek(0)
        data = reader.read()
        if hashlib.sha512(data).hexdigest() != sha512:
            raise BlobMismatch(key, "the source")
        self._s3.put_object(**self._at(key), Body=data, ChecksumSHA256=_sha256(data))

    def _put_parts(self, key: str, reader: BinaryIO, size: int, sha512: str) -> None:
        part_bytes = max(self._part_bytes, -(-size // MAX_PARTS))
        upload = self._upload(key)
        kept = {} if upload is None else self._parts(key, upload)
        if upload is None:
            upload = self._begin(key)
        digest = hashlib.sha512()
        reader.seek(0)
        parts = []
        number = 0
        while data := reader.read(part_bytes):
            number += 1
            digest.update(data)
            checksum = _sha256(data)
            there = kept.get(number)
            if there is None or not _is_of(there, data, checksum):
                there = self._s3.upload_part(
                    **self._at(key), UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum
                )
                if not _is_of(there, data, checksum):
                    raise BlobMismatch(key, "the store")
            parts.append({"PartNumber": number, "ETag": there["ETag"], "ChecksumSHA256": checksum})
        if digest.hexdigest() != sha512:
            self._s3.abort_multipart_upload(**self._at(key), UploadId=upload)
            raise BlobMismatch(key, "the source")
        self._s3.complete_multipart_upload(**self._at(key), UploadId=upload, MultipartUpload={"Parts": parts})
        head = self._head(key)
        if head is None or int(head["ContentLength"]) != size:
            raise BlobMismatch(key, "the store")

    def _begin(self, key: str) -> str:
        answer = self._s3.create_multipart_upload(**self._at(key), ChecksumAlgorithm="SHA256")
        return str(answer["UploadId"])

    def _upload(self, key: str) -> str | None:
        """The newest upload of this key that was begun and not completed."""
        full = self._prefix + key
        pages = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=full)
        found = [each for page in pages for each in page.get("Uploads", ()) if each["Key"] == full]
        return str(max(found, key=lambda each: each["Initiated"])["UploadId"]) if found else None

    def _parts(self, key: str, upload: str) -> dict[int, Any]:
        """What the service says of the parts that are there, by number."""
        pages = self._s3.get_paginator("list_parts").paginate(**self._at(key), UploadId=upload)
        return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}

    def _hash(self, key: str) -> str:
        digest = hashlib.sha512()
        body = self._s3.get_object(**self._at(key))["Body"]
        with contextlib.closing(body):
            while block := body.read(BLOCK_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def _head(self, key: str) -> Any:
        with _told():
            try:
                return self._s3.head_object(**self._at(key))
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise

    def _open(self, key: str, first_byte: int, end_byte: int | None) -> Any:
        """None for an empty range."""
        head = self._head(key)
        if head is None:
            raise BlobMissing(key)
        end = int(head["ContentLength"]) if end_byte is None else min(end_byte, int(head["ContentLength"]))
        if first_byte >= end:
            return None
        with _told():
            return self._s3.get_object(**self._at(key), Range=f"bytes={first_byte}-{end - 1}")["Body"]

    def _keys(self, prefix: str) -> Sequence[str]:
        with _told():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            found = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in found)

    def _delete(self, key: str) -> None:
        with _told():
            self._s3.delete_object(**self._at(key))

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The library's errors as ours; it names no secret in them."""
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        raise BlobUnavailable(f"{told.get('Code', '?')}: {told.get('Message', '')}") from error
    except BotoCoreError as error:
        raise BlobUnavailable(str(error)) from error


def _next_block(body: Any) -> bytes:
    with _told():
        return bytes(body.read(BLOCK_BYTES))


def _is_of(told: Any, data: bytes, checksum: str) -> bool:
    """Whether what the service tells of a part is of these bytes. Who keeps no SHA-256 tells the MD5 as the ETag;
    neither is trusted in the end: a copy counts when it was read back."""
    if kept := told.get("ChecksumSHA256"):
        return bool(kept == checksum)
    return bool(told["ETag"].strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest())


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _opened(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
