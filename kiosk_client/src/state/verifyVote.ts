import type { MeetingApi, Receipt } from "../protocol/meetingApi.ts";
import { CannotCheck, type Checks } from "./checks.ts";

/** One thing that was checked on this device. `null`: this browser cannot compute it. */
export type Checked = { right: boolean | null } & (
  | { what: "leaf"; code: string }
  | { what: "signed"; key: string; size: number }
  | { what: "included"; seq: number }
  | { what: "grown" }
);

async function orUnable(check: Promise<boolean>): Promise<boolean | null> {
  try {
    return await check;
  } catch (cause) {
    if (cause instanceof CannotCheck) return null;
    throw cause;
  }
}

/**
 * Whether a receipt's ballot is in the newest log: its hash from what it says, the court's signature under the newest
 * head, the proof that the leaf is in it, and the proof that the log only grew since the receipt. Throws ApiError when
 * the server does not answer, CannotCheck when this browser cannot even hash.
 */
export async function verifyVote(
  receipt: Receipt,
  key: string,
  api: Pick<MeetingApi, "head" | "inclusion" | "consistency">,
  checks: Checks,
): Promise<readonly Checked[]> {
  const { leaf } = receipt;
  const code = await checks.leafHash(receipt.head.alg, leaf);
  const head = await api.head();
  const own = (await checks.fingerprint(key)) === head.key && head.meeting === leaf.meeting;
  const signed = await orUnable(checks.signedBy(key, head));
  const inclusion = await api.inclusion(leaf.seq, head.size);
  const asked = inclusion.seq === leaf.seq && inclusion.size === head.size;
  const included = await checks.includes(head.alg, code, inclusion, head.root);
  return [
    { what: "leaf", right: true, code },
    { what: "signed", right: own ? signed : false, key: head.key, size: head.size },
    { what: "included", right: asked && included, seq: leaf.seq },
    { what: "grown", right: await grew(receipt, head, api, checks) },
  ];
}

async function grew(
  { head: before }: Receipt,
  after: Receipt["head"],
  api: Pick<MeetingApi, "consistency">,
  checks: Checks,
): Promise<boolean> {
  if (before.size > after.size) return false;
  if (before.size === after.size) return before.root === after.root;
  const proof = await api.consistency(before.size, after.size);
  const asked = proof.first === before.size && proof.second === after.size;
  return asked && (await checks.consistent(after.alg, before.root, proof, after.root));
}
