"""The result in words for a person who has to decide: the verdict first, all of it in Chinese, then in English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from records.verify.names import KEY_FILE

MOST_SHOWN = 50
"""Findings in words; `--json` has all."""


def report(result: dict[str, Any], out: IO[str]) -> None:
    """Write it all, UTF-8 or whatever `out` takes."""
    for line in (*_in_chinese(result), "", *_in_english(result)):
        out.write(f"{line}\n")


def _in_chinese(result: dict[str, Any]) -> Iterator[str]:
    if result["ok"]:
        yield "结论：通过。卷宗包完整、未被改动，法院签名有效。"
    else:
        yield "结论：未通过。卷宗包与封存时不一致，不能作为原件使用。"
    if result["ok"] and not result["key_checked"]:
        yield "签名者尚未核对：请将下列密钥指纹与法院公布的指纹核对，或加 --key 重新运行。"
    for finding in result["wrong"][:MOST_SHOWN]:
        yield f"  错误  {finding['file']}：{finding['what'].partition(' / ')[0]}"
    if len(result["wrong"]) > MOST_SHOWN:
        yield f"  另有 {len(result['wrong']) - MOST_SHOWN} 处错误（--json 列出全部）"
    for note in result["notes"]:
        yield f"  说明  {note.partition(' / ')[0]}"
    seal = {"media": "　封存：媒体封存", "final": "　封存：最终封存"}.get(result["seal"], "")
    yield f"庭次：{result['session'] or '—'}　版本：{result['edition']}{seal}"
    yield f"密钥指纹：{result['key'] or '—'}" + ("（与指定的法院密钥一致）" if _is_expected(result) else "")
    yield f"manifest-sha512.txt 的 SHA-512：{result['manifest_sha512'] or '—'}"
    yield (
        "已核对：{files} 个文件、{bytes} 字节、{events} 个事件、{heads} 个签名链头、{ranges} 个录制封存区间、"
        "{signatures} 人笔录签名、{stamps} 个时间戳、{lines} 行笔录；用时 {seconds:.1f} 秒".format(**result)
    )


def _in_english(result: dict[str, Any]) -> Iterator[str]:
    if result["ok"]:
        yield "VERDICT: OK. The package is whole and unaltered, and the court's signature is valid."
    else:
        yield "VERDICT: NOT OK. The package is not what was sealed; do not use it as the original."
    if result["ok"] and not result["key_checked"]:
        yield "Who signed is not checked yet: compare the fingerprint with the court's, or run again with --key."
    for finding in result["wrong"][:MOST_SHOWN]:
        seq = f" (event {finding['seq']})" if "seq" in finding else ""
        yield f"  WRONG  {finding['file']}{seq}: {finding['what'].rpartition(' / ')[2]}"
    if len(result["wrong"]) > MOST_SHOWN:
        yield f"  and {len(result['wrong']) - MOST_SHOWN} more (--json lists all)"
    for note in result["notes"]:
        file, colon, _ = note.partition(" / ")[0].partition(": ")
        yield f"  note   {f'{file}: ' if colon else ''}{note.rpartition(' / ')[2]}"
    seal = f", seal {result['seal']}" if result["seal"] else ""
    yield f"session {result['session'] or '-'}, edition {result['edition']}{seal}"
    yield f"key fingerprint {result['key'] or '-'}" + (", as expected" if _is_expected(result) else "")
    yield f"SHA-512 of manifest-sha512.txt {result['manifest_sha512'] or '-'}"
    yield (
        "checked: {files} files, {bytes} bytes, {events} events, {heads} signed heads, {ranges} sealed ranges, "
        "{signatures} signatures, {stamps} time stamps, {lines} lines of the minutes; {seconds:.1f} s".format(
            **result
        )
    )


def _is_expected(result: dict[str, Any]) -> bool:
    return bool(result["key_checked"]) and all(finding["file"] != KEY_FILE for finding in result["wrong"])
