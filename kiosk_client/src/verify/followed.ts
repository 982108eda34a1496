import { allPass, decide, type Round } from "./count.ts";
import { wrong } from "./fault.ts";
import { SILENT } from "./fields.ts";
import type { Division, Outcome, Result, Silent, Sum } from "./leaves.ts";

/** What follows from the sums that a result tells, where the ballots are not told (the `public` edition). */
export function followed(round: Round, leaf: Result): Outcome {
  const own = round.opened.options.silent;
  const due = round.due().map(({ option, value }) => `${option} ${value}`);
  const given = leaf.alternatives.map(({ option, value }) => `${option} ${value}`);
  // Whether there were exclusions is hidden.
  if (given[due.length] === "exclusions none") due.push("exclusions none");
  if (given.join() !== due.join()) {
    throw wrong(leaf.seq, "备选结果不全", "the alternatives are not those that section 6 asks for");
  }
  const again = (divisions: readonly Division[], silent: Silent) => {
    if (divisions.map(({ division }) => division).join() !== round.divisions.join()) {
      throw wrong(leaf.seq, "结果的组与表决不符", "the divisions are not those of the round");
    }
    return divisions.map((division) => once(division, round, silent));
  };
  const alternatives = leaf.alternatives.map((each) => {
    const silent = SILENT.find((value) => each.option === "silent" && value === each.value) ?? own;
    const divisions = again(each.divisions, silent);
    return { ...each, divisions, passed: allPass(divisions) };
  });
  const divisions = again(leaf.divisions, own);
  const passed = allPass(divisions);
  return { alternatives, divisions, next: round.follows(passed), passed };
}

function once(told: Division, round: Round, silent: Silent): Division {
  const { agree, against, abstain, invalid, total } = told;
  const nobody: Sum = { amount_fen: 0, heads: 0 };
  const isDeemed = silent === "deemed_agree" || silent === "deemed_abstain";
  const quiet = silent === "signed_in" ? told.silent : nobody;
  const here = isDeemed ? told.deemed : quiet;
  const rest = (part: keyof Sum) =>
    Math.max(0, total[part] - [agree, against, abstain, invalid, here].reduce((sum, each) => sum + each[part], 0));
  const away = isDeemed ? nobody : { amount_fen: rest("amount_fen"), heads: rest("heads") };
  const sums = { agree, against, abstain, invalid, here, away };
  return decide(told.division, round.opened.matter, round.opened.options, silent, sums);
}
