import type { Round } from "./count.ts";
import { wrong } from "./fault.ts";
import type { Ballot, Mandate, Paper } from "./leaves.ts";

/** When the paper of a ballot was received, by two clerks who agree (5). Throws a Fault. */
export function receivedAt(ballot: Ballot, entries: readonly Paper[]): number {
  const same = ["motion", "round", "creditor", "division", "choice"] as const;
  const alike = entries.filter((entry) => same.every((name) => entry[name] === ballot[name]));
  const times = alike
    .filter((one) =>
      alike.some(
        (other) =>
          other.clerk !== one.clerk && other.received_utc_ms === one.received_utc_ms && other.scan === one.scan,
      ),
    )
    .map((one) => one.received_utc_ms);
  if (times.length === 0) {
    throw wrong(ballot.seq, "没有两名书记员一致录入的书面票", "no two clerks entered this paper alike before it");
  }
  return Math.min(...times);
}

/** Whether the actor may vote for the creditor (5). Throws a Fault. */
export function mayCast(
  leaf: Ballot,
  round: Round,
  mandate: Mandate | undefined,
  revoked: ReadonlySet<string>,
): void {
  const { seq, creditor, actor } = leaf;
  if (leaf.mandate === "") {
    if (actor !== (round.representatives.get(creditor) ?? creditor)) {
      throw wrong(seq, "投票人不是债权人本人，也没有委托", "cast by another than the creditor, without mandate");
    }
    return;
  }
  if (leaf.channel === "paper") {
    throw wrong(seq, "书面票不能由代理人投", "a ballot from paper has the creditor as its actor");
  }
  if (!mandate || revoked.has(leaf.mandate)) throw wrong(seq, "委托不存在或已撤销", "its mandate does not stand");
  if (mandate.principal !== creditor || mandate.agent !== actor) {
    throw wrong(seq, "委托人或受托人不符", "its mandate is by another creditor or to another agent");
  }
  if (mandate.motions.length > 0 && !mandate.motions.includes(leaf.motion)) {
    throw wrong(seq, "委托不包括该事项", "its mandate does not cover the motion");
  }
  if (mandate.instructions.some(({ motion, choice }) => motion === leaf.motion && choice !== leaf.choice)) {
    throw wrong(seq, "表决与委托指示不符", "the choice is not the one instructed");
  }
}
