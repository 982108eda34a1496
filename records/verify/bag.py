"""The bag: the court's signature, the tag manifests, the manifests, the payload; nothing more, nothing less."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from records.standalone.ed25519 import ed25519_verify
from records.standalone.sm3 import new_hash
from records.verify.findings import Findings
from records.verify.names import (
    ALGORITHMS,
    BAGIT_TXT,
    CHUNK_BYTES,
    KEY_FILE,
    MANIFESTS,
    SIGNATURE_FILE,
    STAMP_FILE,
    TAG_FILES,
    TAG_MANIFESTS,
    UNREADABLE,
)
from records.verify.reading import parse_manifest, parse_public_key, parse_signature


class BagCheck:
    """`key` is the fingerprint that the caller expects. What was found out besides is in the attributes."""

    def __init__(self, found: Findings, key: str | None) -> None:
        self._found = found
        self._wanted_key = key
        self.public: bytes | None = None
        self.fingerprint: str | None = None
        self.manifest_sha512: str | None = None
        self.bytes = 0

    def run(self) -> set[str]:
        """All of it; returns the payload files that the manifests list."""
        tags = self._check_signature()
        manifests = self._check_tag_files(tags)
        self._check_payload(manifests)
        return {path for entries in manifests.values() for path in entries}

    def _check_signature(self) -> dict[str, dict[str, str]]:
        """Returns the tag manifests as {algorithm: {path: digest}}, only those that the signature vouches for."""
        texts = {path: self._found.read(path) for path in TAG_MANIFESTS}
        parsed = {path: parse_manifest(text) for path, text in texts.items() if text is not None}
        pem, signature = self._found.read(KEY_FILE), self._found.read(SIGNATURE_FILE)
        public = parse_public_key(pem)
        statement = parse_signature(signature)
        genuine = bool(
            public
            and statement
            and statement["key"] == hashlib.sha256(public).hexdigest()
            and ed25519_verify(public, statement["signature"], statement["signed"])
        )
        if not genuine:
            self._blame_signature(parsed, pem, signature)
        if public:
            self.public = public
            self.fingerprint = hashlib.sha256(public).hexdigest()
            if self._wanted_key and self.fingerprint != self._wanted_key:
                what = f"签名密钥不是指定的法院密钥 / not the key that was expected: {self.fingerprint}"
                self._found.fault(KEY_FILE, what)
        trusted = {}
        for algorithm, path in zip(ALGORITHMS, TAG_MANIFESTS):
            text, entries = texts[path], parsed.get(path)
            if text is None:
                continue
            if genuine and statement and statement["digests"][path] != hashlib.sha512(text).hexdigest():
                self._found.fault(path, "内容与法院签名不符 / altered: not what the court signed")
            elif entries is None:
                self._found.fault(path, "清单格式错误 / not a manifest")
            else:
                trusted[algorithm] = entries
        return trusted

    def _blame_signature(
        self, parsed: dict[str, dict[str, str] | None], pem: bytes | None, signature: bytes | None
    ) -> None:
        """The signature fails: was it the key file, the signature file or the manifests? The hashes tell."""
        if pem is not None and not any(_agrees(listed, KEY_FILE, pem) for listed in _listings(parsed)):
            self._found.fault(KEY_FILE, "内容被改动 / altered")
        elif signature is not None and pem is not None:
            self._found.fault(SIGNATURE_FILE, "签名无效 / the signature is not valid")

    def _check_tag_files(self, tags: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Returns the manifests as {algorithm: {path: digest}}, only those that are intact where one is."""
        listed = {path for entries in tags.values() for path in entries}
        own = {*TAG_MANIFESTS, SIGNATURE_FILE, STAMP_FILE}
        for path in sorted(set(self._found.package.files) - listed - own):
            if not path.startswith("data/") and path not in TAG_FILES:
                self._found.fault(path, "多出的文件 / added: not part of the package")
        for path in sorted(listed | set(TAG_FILES)):
            self._check_file(path, tags)
        bagit = self._found.read("bagit.txt")
        if bagit is not None and bagit != BAGIT_TXT:
            self._found.fault("bagit.txt", "声明错误 / not a BagIt 1.0 declaration")
        manifests = {}
        for algorithm, path in zip(ALGORITHMS, MANIFESTS):
            text = self._found.read(path)
            if text is None:
                continue
            if algorithm == "sha512":
                self.manifest_sha512 = hashlib.sha512(text).hexdigest()
            entries = parse_manifest(text)
            if entries is None:
                if path not in self._found.named:
                    self._found.fault(path, "清单格式错误 / not a manifest")
            else:
                manifests[path] = (algorithm, entries)
        intact = {a: entries for path, (a, entries) in manifests.items() if path not in self._found.named}
        return intact or dict(manifests.values())

    def _check_payload(self, manifests: dict[str, dict[str, str]]) -> None:
        present = {path for path in self._found.package.files if path.startswith("data/")}
        listed = {path for entries in manifests.values() for path in entries}
        for path in sorted(present - listed):
            self._found.fault(path, "多出的文件 / added: not in the manifest")
        for path in sorted(listed):
            self._check_file(path, manifests)

    def _check_file(self, path: str, manifests: dict[str, dict[str, str]]) -> None:
        """One file against every listing of it."""
        if path in self._found.named:
            return
        if path not in self._found.package.files:
            self._found.fault(path, "文件缺失 / missing")
            return
        expected = {algorithm: entries.get(path) for algorithm, entries in manifests.items()}
        if not expected or None in expected.values():
            self._found.fault(path, "未列入全部清单 / not listed in every manifest")
            return
        hashes = {algorithm: new_hash(algorithm) for algorithm in expected}
        try:
            with self._found.package.open(path) as file:
                while True:
                    chunk = file.read(CHUNK_BYTES)
                    if not chunk:
                        break
                    self.bytes += len(chunk)
                    for item in hashes.values():
                        item.update(chunk)
        except UNREADABLE as error:
            self._found.fault(path, f"无法读取 / unreadable: {error}")
            return
        if any(item.hexdigest() != expected[algorithm] for algorithm, item in hashes.items()):
            self._found.fault(path, "内容被改动 / altered")


def _listings(parsed: dict[str, dict[str, str] | None]) -> Iterator[tuple[str, dict[str, str]]]:
    for algorithm, path in zip(ALGORITHMS, TAG_MANIFESTS):
        entries = parsed.get(path)
        if entries is not None:
            yield algorithm, entries


def _agrees(listing: tuple[str, dict[str, str]], path: str, data: bytes) -> bool:
    algorithm, entries = listing
    item = new_hash(algorithm)
    item.update(data)
    return bool(entries.get(path) == item.hexdigest())
