"""The file of a log (9): its lines, who signed them, and the tree that they give (1, 3, 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from records.standalone.canonical import canonical_without, parse_object
from records.standalone.ed25519 import ed25519_verify
from voting.verify.checks import is_whole, wrong_field
from voting.verify.faults import Fault, wrong_leaf
from voting.verify.fields import ENTRY, HEAD, is_hash, is_header, is_hidden, is_signature, wrong_in_leaf
from voting.verify.tree import Tree, hash_of
from voting.verify.words import MOST, MOST_OF_ENTRY_FEN


class LogFile:
    """The bytes of a log taken apart. Call `layout` first; each method raises the first Fault that it finds, and what
    it read so far can be read all the same."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.header: dict[str, Any] = {}
        self.lines: list[bytes] = []
        self.heads: list[dict[str, Any]] = []
        self.hashes: list[bytes] = []
        self.roots: dict[int, str] = {}
        """Of the tree, at each size that somebody names."""
        self.rolls: dict[str, list[dict[str, Any]]] = {}
        self.roll_roots: dict[str, tuple[int, str]] = {}
        self.leaves: list[dict[str, Any] | None] = []
        self.signed_by = ""
        self._keys: dict[str, bytes] = {}

    def layout(self) -> None:
        """First line, count of lines, keys (9)."""
        if not self.data.endswith(b"\n"):
            raise Fault(self.data.count(b"\n") + 1, "文件末尾不完整", "the file does not end with a newline")
        self.lines = self.data.split(b"\n")
        self.lines.pop()
        header = parse_object(self.lines[0])
        if header is None or not is_header(header):
            raise Fault(1, "不是云庭表决日志的文件头", "not the first line of a ballot log")
        self.header, self.h = header, hash_of(header["alg"])
        self.first_roll = 1 + header["leaves"]
        self.first_head = self.first_roll + sum(roll["entries"] for roll in header["rolls"])
        due = self.first_head + header["heads"] + 1
        if due != len(self.lines):
            raise Fault(
                1,
                f"应有 {due} 行，实有 {len(self.lines)} 行",
                f"{due} lines should be here, there are {len(self.lines)}",
            )
        if not header["leaves"] or not header["heads"]:
            raise Fault(1, "没有记录或没有签名树头", "there is no leaf or no head")
        if len({roll["roll"] for roll in header["rolls"]}) != len(header["rolls"]):
            raise Fault(1, "债权表编号重复", "a roll is listed twice")
        for item in header["keys"]:
            public = bytes.fromhex(item["public"])
            if hashlib.sha256(public).hexdigest() != item["key"]:
                raise Fault(1, "公钥与其指纹不符", "a key does not have its fingerprint")
            self._keys[item["key"]] = public

    def check_seal(self, key: str | None) -> None:
        """Hash and signature of the whole file; `key` is the fingerprint that has to be its signer's."""
        at, last = len(self.lines), self.lines[-1]
        seal = parse_object(last)
        if (
            wrong_field(seal, (("file", is_hash), ("key", is_hash), ("signature", is_signature))) is not None
            or seal is None
        ):
            raise Fault(at, "末行不是文件签名", "the last line is not the file's signature")
        self.signed_by = seal["key"]
        if self.h(self.data[: -len(last) - 1]).hex() != seal["file"]:
            raise Fault(at, "文件内容与签名时的校验值不符", "the bytes of the file are not those that were signed")
        self.check_signature(seal, at, "文件签名", "the file's signature")
        if key is not None and seal["key"] != key:
            raise Fault(at, "文件不是用所给指纹的密钥签名", "the file is signed by another key than the one given")

    def check_signature(self, value: dict[str, Any], line: int, zh: str, en: str) -> None:
        """Whether `value` is signed by one of the keys of the first line; `zh` and `en` name it."""
        public = self._keys.get(value["key"])
        if public is None:
            raise Fault(line, f"{zh}的密钥不在文件头中", f"{en}: its key is not in the first line")
        message = canonical_without(value, "signature")
        if not ed25519_verify(public, bytes.fromhex(value["signature"]), message):
            raise Fault(line, f"{zh}无效", f"{en} is not valid")

    def read_leaves(self) -> None:
        """Fields, and the hash of each (1, 2)."""
        public, meeting, h = self.header["edition"] == "public", self.header["meeting"], self.h
        first: Fault | None = None
        for seq in range(self.header["leaves"]):
            line = self.lines[1 + seq]
            leaf = parse_object(line)
            fault = None
            if public and leaf is not None and is_hidden(leaf):
                self.hashes.append(bytes.fromhex(leaf["hash"]))
                self.leaves.append(None)
                continue
            self.hashes.append(h(b"\0" + line))
            self.leaves.append(leaf)
            wrong = "" if leaf is None else wrong_in_leaf(leaf)
            if leaf is None:
                fault = wrong_leaf(seq, "不是规范的 JSON", "not canonical JSON")
            elif wrong is not None:
                fault = wrong_leaf(seq, f"字段有误 {wrong}", f"wrong field {wrong}" if wrong else "wrong fields")
            elif leaf["seq"] != seq or leaf["meeting"] != meeting:
                fault = wrong_leaf(seq, "序号或会议编号不符", "its seq or its meeting is not that of its place")
            elif public and "salt" in leaf:
                fault = wrong_leaf(seq, "公开版不应显示此条", "the public edition must not tell this leaf")
            elif leaf["kind"] == "meeting.created" and leaf["alg"] != self.header["alg"]:
                fault = wrong_leaf(seq, "杂凑算法与文件头不符", "its alg is not that of the first line")
            if fault is not None and first is None:
                first = fault
        if first is not None:
            raise first

    def read_rolls(self) -> None:
        """Entries and roots of all rolls (3)."""
        public, at = self.header["edition"] == "public", self.first_roll
        for roll in self.header["rolls"]:
            entries, tree, before, total_fen = [], Tree(self.h), ("", ""), 0
            for index in range(at, at + roll["entries"]):
                line = self.lines[index]
                entry = parse_object(line)
                if public and entry is not None and is_hidden(entry):
                    tree.append(bytes.fromhex(entry["hash"]))
                    continue
                tree.append(self.h(b"\0" + line))
                _check_entry(entry, index + 1, public)
                assert entry is not None
                place = entry["creditor"], entry["group"]
                if place <= before:
                    raise Fault(index + 1, "债权表未按顺序或重复", "the roll is not sorted, or has an entry twice")
                before, total_fen = place, total_fen + entry["amount_fen"]
                entries.append(entry)
            at += roll["entries"]
            if total_fen > MOST:
                raise Fault(at, "债权表总额过大", "the whole roll is more than 2^53 - 1 fen")
            self.rolls[roll["roll"]] = entries
            self.roll_roots[roll["roll"]] = (roll["entries"], tree.root())

    def read_heads(self) -> None:
        """The signed heads (1, 8)."""
        before = -1
        for index in range(self.first_head, self.first_head + self.header["heads"]):
            head = parse_object(self.lines[index])
            wrong = wrong_field(head, HEAD.items())
            if head is None or wrong is not None:
                raise Fault(index + 1, "不是签名树头", f"not a tree head {wrong or ''}".rstrip())
            if head["alg"] != self.header["alg"] or head["meeting"] != self.header["meeting"]:
                raise Fault(index + 1, "树头属于另一会议或算法", "a head of another meeting or alg")
            if head["size"] <= before or head["size"] > self.header["leaves"]:
                raise Fault(index + 1, "树头未按大小排列或超出日志", "the heads are not by size, or beyond the log")
            before = head["size"]
            self.check_signature(head, index + 1, "树头签名", "the head's signature")
            self.heads.append(head)
        if before != self.header["leaves"]:
            raise Fault(len(self.lines) - 1, "最后的树头不是整个日志的", "the last head is not that of the whole log")

    def grow_tree(self, sizes: Iterable[int]) -> None:
        """Roots at every size that somebody names, `sizes` among them; the first head that
        differs names the leaves before it."""
        anchors = [leaf for leaf in self.leaves if leaf is not None and leaf.get("kind") == "anchor"]
        wanted = {head["size"] for head in self.heads} | {len(self.hashes)}
        wanted.update(leaf["size"] for leaf in anchors if is_whole(leaf.get("size")))
        wanted.update(sizes)
        tree = Tree(self.h)
        if 0 in wanted:
            self.roots[0] = tree.root()
        for leaf_hash in self.hashes:
            tree.append(leaf_hash)
            if tree.size in wanted:
                self.roots[tree.size] = tree.root()
        before = 0
        for number, head in enumerate(self.heads):
            if self.roots[head["size"]] != head["root"]:
                raise Fault(
                    self.first_head + number + 1,
                    f"树头与记录 {before} 至 {head['size'] - 1} 不符",
                    f"the head is not that of the leaves: one of {before} to {head['size'] - 1} is another",
                )
            before = head["size"]
        for leaf in anchors:
            root = self.roots.get(leaf["size"]) if is_whole(leaf.get("size")) else None
            if root is None or root != leaf.get("root"):
                raise wrong_leaf(
                    self.leaves.index(leaf), "存证的树根与日志不符", "the anchored root is not this log's"
                )


def _check_entry(entry: dict[str, Any] | None, line: int, public: bool) -> None:
    if entry is None or public or (wrong := wrong_field(entry, ENTRY.items())) is not None:
        told = "" if entry is None or public else wrong
        raise Fault(line, f"债权表条目有误 {told}".strip(), f"not an entry of a roll {told}".strip())
    amount_fen, kind = entry["amount_fen"], entry["kind"]
    if amount_fen > MOST_OF_ENTRY_FEN or entry["secured_fen"] > amount_fen or (kind == "none" and amount_fen):
        raise Fault(line, "债权金额有误", "its amounts cannot be")
    if kind == "provisional" and not entry["court_ref"]:
        raise Fault(line, "临时债权额没有法院决定", "a provisional amount without the court's decision")
