"""The result in words for a person."""

from __future__ import annotations

from typing import IO, Any


def report(result: dict[str, Any], out: IO[str]) -> None:
    """The result in words for a person."""
    for fault in result["wrong"]:
        where = "" if not fault["line"] else "第 {line} 行 line {line}".format(**fault)
        if fault["seq"] is not None:
            where += " (seq {seq})".format(**fault)
        out.write(
            "错误 WRONG  {}: {} {}\n".format(where or fault.get("where", "回执 receipt"), fault["zh"], fault["en"])
        )
    out.write("会议 meeting {meeting}  {edition}  {alg}\n".format(**result))
    for told in result["results"]:
        word = "通过 passed" if told["passed"] else "未通过 not passed"
        out.write("表决 motion {motion} 第 {round} 轮 round {round}: ".format(**told) + word + "\n")
        for division in told["divisions"]:
            agree, present, total = division["agree"], division["present"], division["total"]
            line = "    {}: 同意 agree {} / 出席 present {}; {} / {} fen\n"
            numbers = agree["heads"], present["heads"], agree["amount_fen"], total["amount_fen"]
            out.write(line.format(division["division"], *numbers))
            deemed = division["deemed"]
            if deemed["heads"]:
                out.write("      视为表决 deemed {heads}, {amount_fen} fen\n".format(**deemed))
    checked = " (已比对 as expected)" if result["key_checked"] and result["ok"] else ""
    out.write(f"密钥指纹 key fingerprint {result['key']}{checked}\n")
    out.write("树根 root {root}\n".format(**result))
    out.write("{leaves} leaves, {ballots} ballots, {heads} signed heads, {seconds:.1f} s\n".format(**result))
    if not result["ok"]:
        out.write("未通过：日志与应有内容不符。 NOT OK: the log is not what it has to be.\n")
        return
    out.write("通过：日志完整，签名有效。 OK: the log is whole, its signatures are valid.\n")
    if result["edition"] == "court":
        out.write("已重新计票，结果一致。 Counted again: every result is right.\n")
    if result["receipt_checked"]:
        out.write("回执上的内容在日志中。 What the receipt says is in the log.\n")
    _report_anchors(result, out)
    if not result["key_checked"]:
        out.write("请将密钥指纹与法院公布的指纹核对。 Compare the fingerprint with the one the court publishes.\n")


def _report_anchors(result: dict[str, Any], out: IO[str]) -> None:
    if not result["anchors_checked"]:
        return
    words = {
        "file": "另存的树头 heads in a file outside",
        "https": "外部回执 receipts from outside",
        "rfc3161": "时间戳 time stamps",
    }
    for kind, name in words.items():
        found = [proof for proof in result["anchors"] if proof["anchor"] == kind]
        if found:
            last = max(proof["size"] for proof in found)
            out.write(f"存证 anchored: {name}: {len(found)}, 最大 up to {last} leaves {found[-1]['time']}\n")
    if not result["anchors"]:
        out.write("存证 anchored: 无 nothing\n")
    if any(proof["anchor"] == "rfc3161" for proof in result["anchors"]):
        out.write(
            "时间戳只核对了摘要；签名请用 openssl 核对。 Of time stamps only the imprint was compared; signatures:\n"
            "    openssl ts -verify -in SIZE.tsr -data SIZE.json -CAfile ca.pem    (--anchors-to FOLDER)\n"
        )
