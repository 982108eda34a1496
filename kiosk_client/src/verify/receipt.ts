import { bytesOf, canonical, isObject, type Obj } from "./canonical.ts";
import { Fault } from "./fault.ts";
import { HEAD, LATE, wrongField, wrongInLeaf } from "./fields.ts";
import type { Head, Header, Leaf } from "./leaves.ts";
import { type Hash, hex, marked } from "./tree.ts";

interface Log {
  header: Header;
  hashes: readonly Uint8Array[];
  leaves: readonly (Leaf | null)[];
  roots: ReadonlyMap<number, string>;
  h: Hash;
  /** Throws a Fault where the signature is not by a key of the log. */
  signed: (value: Obj, zh: string, en: string) => void;
}

/** Whether the log holds what a receipt says (8). Throws a Fault. */
export function checkReceipt(receipt: unknown, log: Log): void {
  if (!isObject(receipt)) throw new Fault(0, "回执内容有误", "the receipt is not as it should be");
  if ("late" in receipt) {
    checkLate(receipt, log);
    return;
  }
  const { leaf, head } = receipt;
  if (!isObject(leaf) || wrongInLeaf(leaf) !== null) throw new Fault(0, "回执内容有误", "the receipt has no leaf");
  if (!isObject(head) || wrongField(head, HEAD) !== null)
    throw new Fault(0, "回执内容有误", "the receipt has no head");
  const { meeting, alg } = log.header;
  const signed = head as unknown as Head;
  if (leaf.meeting !== meeting || signed.meeting !== meeting || signed.alg !== alg) {
    throw new Fault(0, "回执属于另一会议", "the receipt is of another meeting");
  }
  log.signed(head, "回执签名", "the receipt's signature");
  const seq = leaf.seq as number;
  if (signed.size <= seq) throw new Fault(0, "回执的树头不含该表决", "the receipt's head does not cover its leaf");
  if (signed.size > log.hashes.length) {
    const zh = "警报：日志短于回执。法院签发回执后日志应更长";
    throw new Fault(0, zh, "ALARM: the log is shorter than the receipt says it was");
  }
  if (hex(log.hashes[seq] as Uint8Array) !== hex(marked(log.h, 0, bytesOf(canonical(leaf))))) {
    throw new Fault(
      seq + 2,
      "警报：回执上的表决不在日志中",
      "ALARM: the ballot of the receipt is not in the log",
      seq,
    );
  }
  if (log.roots.get(signed.size) !== signed.root) {
    throw new Fault(
      0,
      "警报：回执上的签名树头属于另一份日志",
      "ALARM: the head of the receipt is that of another log",
    );
  }
}

function checkLate(receipt: Obj, log: Log): void {
  if (wrongField(receipt, LATE) !== null) throw new Fault(0, "回执内容有误", "the receipt is not as it should be");
  if (receipt.meeting !== log.header.meeting) {
    throw new Fault(0, "回执属于另一会议", "the receipt is of another meeting");
  }
  log.signed(receipt, "回执签名", "the receipt's signature");
  const closed = log.leaves[receipt.closed_seq as number];
  if (closed?.kind !== "motion.closed" || closed.motion !== receipt.motion || closed.round !== receipt.round) {
    throw new Fault(0, "警报：日志中没有回执所说的截止", "ALARM: the closing of the receipt is not in the log");
  }
  if (log.leaves.some((leaf) => leaf?.kind === "ballot" && leaf.idem === receipt.idem)) {
    throw new Fault(0, "警报：迟到的表决被计入", "ALARM: the late ballot is in the log");
  }
}
