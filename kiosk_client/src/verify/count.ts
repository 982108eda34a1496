import { CHOICES, SILENT } from "./fields.ts";
import type {
  Alternative,
  Choice,
  Division,
  Entry,
  LeafOf,
  Matter,
  Opened,
  Options,
  Outcome,
  Silent,
  Sum,
} from "./leaves.ts";

type Next = Outcome["next"];
type Sums = Record<Choice | "here" | "away", Sum>;

/** Matter -> the part of the amount that has to agree, what follows a failed round 1 and 2 (4). */
const MATTERS: Record<Matter, readonly [readonly [bigint, bigint], Next, Next]> = {
  ordinary: [[1n, 2n], "final", "final"],
  committee: [[1n, 2n], "final", "final"],
  management: [[1n, 2n], "court", "court"],
  distribution: [[1n, 2n], "second_round", "court"],
  composition: [[2n, 3n], "final", "final"],
  plan: [[2n, 3n], "second_round", "court"],
};

const onlyUnsecured = (matter: Matter) => matter === "distribution" || matter === "composition";
export const allPass = (divisions: readonly Division[]) => divisions.every((division) => division.passed);

/** The part of an amount that a matter asks, as a fraction. */
export function partOf(matter: Matter): readonly [number, number] {
  const [[part, whole]] = MATTERS[matter];
  return [Number(part), Number(whole)];
}

/** Who may vote in a division (4): unit -> amount_fen. */
export function unitsOf(
  entries: readonly Entry[],
  division: string,
  matter: Matter,
  options: Options,
  excluded: ReadonlySet<string>,
): Map<string, number> {
  const blocs = new Map(options.bloc.map(({ group }) => [group, `bloc:${group}`]));
  const whole = matter === "plan" || (options.secured === "include" && !onlyUnsecured(matter));
  const units = new Map<string, number>();
  for (const entry of entries) {
    const votesHere = matter === "plan" ? entry.group === division : entry.group !== "equity";
    if (!votesHere || entry.kind === "none" || excluded.has(entry.creditor)) continue;
    const unit = blocs.get(entry.group) ?? entry.creditor;
    units.set(unit, (units.get(unit) ?? 0) + entry.amount_fen - (whole ? 0 : entry.secured_fen));
  }
  if (onlyUnsecured(matter)) for (const [unit, amount] of units) if (amount === 0) units.delete(unit);
  return units;
}

const plus = (...sums: Sum[]): Sum => ({
  amount_fen: sums.reduce((total, each) => total + each.amount_fen, 0),
  heads: sums.reduce((total, each) => total + each.heads, 0),
});

/** One division of a result (6). Products are BigInt: twice an amount may be beyond 2^53. */
export function decide(division: string, matter: Matter, options: Options, silent: Silent, sums: Sums): Division {
  const cast = plus(...CHOICES.map((choice) => sums[choice]));
  const total = plus(cast, sums.here, sums.away);
  const isDeemed = silent === "deemed_agree" || silent === "deemed_abstain";
  const quiet = silent === "signed_in" ? sums.here : plus();
  const deemed = isDeemed ? plus(sums.here, sums.away) : plus();
  const present = isDeemed ? total : plus(cast, quiet);
  const agree = silent === "deemed_agree" ? plus(sums.agree, deemed) : sums.agree;
  const isEquity = division === "equity";
  const base = isEquity && options.equity_base === "present" ? present.amount_fen : total.amount_fen;
  const half = Math.floor(present.heads / 2) + 1;
  const heads_missing = isEquity ? (agree.heads > 0 ? 0 : 1) : Math.max(0, half - agree.heads);
  const [part, whole] = MATTERS[matter][0];
  const needed = (part * BigInt(base) + whole - 1n) / whole;
  const amount_missing_fen = Math.max(0, Number(needed - BigInt(agree.amount_fen)));
  return {
    abstain: sums.abstain,
    against: sums.against,
    agree: sums.agree,
    amount_missing_fen,
    deemed,
    division,
    heads_missing,
    invalid: sums.invalid,
    passed: heads_missing === 0 && amount_missing_fen === 0 && total.heads > 0,
    present,
    silent: quiet,
    total,
  };
}

const NOBODY: ReadonlySet<string> = new Set();

/** One round of a motion, from its opening. */
export class Round {
  readonly divisions: readonly string[];
  readonly units: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly ballots: ReadonlyMap<string, Map<string, Choice>>;
  readonly attended: Set<string>;
  readonly representatives: ReadonlyMap<string, string>;
  closes_utc_ms: number;
  closed: LeafOf["motion.closed"] | null = null;
  deemed: LeafOf["deemed"] | null = null;
  result: LeafOf["result"] | null = null;
  announced = false;

  constructor(
    readonly opened: Opened,
    private readonly entries: readonly Entry[],
    attending: Iterable<string>,
    readonly excluded: ReadonlySet<string>,
  ) {
    const { matter, options } = opened;
    this.divisions = matter === "plan" ? opened.groups : ["all"];
    this.units = new Map(this.divisions.map((d) => [d, unitsOf(entries, d, matter, options, NOBODY)]));
    this.ballots = new Map(this.divisions.map((d) => [d, new Map()]));
    this.attended = new Set(attending);
    this.representatives = new Map(options.bloc.map((bloc) => [`bloc:${bloc.group}`, bloc.representative]));
    this.closes_utc_ms = opened.closes_utc_ms;
  }

  /** `next` of the result. */
  follows(passed: boolean): Next {
    const [, first, second] = MATTERS[this.opened.matter];
    if (passed) return "final";
    return this.opened.round === 1 ? first : second;
  }

  /** The alternatives that section 6 asks for, in its order, exclusions left aside. */
  due(): { option: Alternative["option"]; value: string }[] {
    const { matter, options } = this.opened;
    const silent = SILENT.filter((value) => value !== options.silent).map((value) => ({
      option: "silent" as const,
      value,
    }));
    if (matter === "plan" || onlyUnsecured(matter)) return silent;
    return [...silent, { option: "secured", value: options.secured === "exclude" ? "include" : "exclude" }];
  }

  /** The result as section 6 has it. */
  recount(): Outcome {
    const { options } = this.opened;
    const own = this.sums(options, this.excluded);
    const divisions = this.decided(options, options.silent, own);
    const alternatives = this.due().map(({ option, value }) => {
      if (option === "silent") return told(option, value, this.decided(options, value as Silent, own));
      const other = { ...options, secured: value as Options["secured"] };
      return told(option, value, this.decided(other, options.silent, this.sums(other, this.excluded)));
    });
    if (this.excluded.size > 0) {
      alternatives.push(
        told("exclusions", "none", this.decided(options, options.silent, this.sums(options, NOBODY))),
      );
    }
    const passed = allPass(divisions);
    return { alternatives, divisions, next: this.follows(passed), passed };
  }

  private decided(options: Options, silent: Silent, sums: readonly Sums[]): Division[] {
    return this.divisions.map((d, i) => decide(d, this.opened.matter, options, silent, sums[i] as Sums));
  }

  private sums(options: Options, excluded: ReadonlySet<string>): Sums[] {
    return this.divisions.map((division) => {
      const sums = {} as Sums;
      for (const kind of [...CHOICES, "here", "away"] as const) sums[kind] = { amount_fen: 0, heads: 0 };
      const ballots = this.ballots.get(division);
      for (const [unit, amount] of unitsOf(this.entries, division, this.opened.matter, options, excluded)) {
        const sum = sums[ballots?.get(unit) ?? (this.attended.has(unit) ? "here" : "away")];
        sum.heads++;
        sum.amount_fen += amount;
      }
      return sums;
    });
  }
}

function told(option: Alternative["option"], value: string, divisions: Division[]): Alternative {
  return { divisions, option, passed: allPass(divisions), value };
}
