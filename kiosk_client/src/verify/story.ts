import { mayCast, receivedAt } from "./casting.ts";
import { Round } from "./count.ts";
import { difference } from "./difference.ts";
import { drawn } from "./draw.ts";
import { wrong } from "./fault.ts";
import { followed } from "./followed.ts";
import type { Entry, Kind, Leaf, LeafOf, Mandate, Paper } from "./leaves.ts";
import { type Hash, hex, marked, unhex } from "./tree.ts";

const isSorted = (words: readonly string[]) => words.every((word, i) => i === 0 || (words[i - 1] as string) < word);

/** The leaves in their order (2): each is refused as a Fault where it must not stand. */
export class Story {
  readonly frozen = new Set<string>();
  readonly rounds = new Map<string, Round>();
  readonly mandates = new Map<string, Mandate>();
  readonly revoked = new Set<string>();
  readonly papers = new Map<string, Paper[]>();
  ballots = 0;
  private readonly attending = new Set<string>();
  private readonly idems = new Set<string>();
  private readonly exclusions = new Map<string, Set<string>>();
  private readonly draws = new Map<string, LeafOf["draw.committed"]>();
  private readonly revealed = new Set<string>();
  private over = false;
  private utc_ms = 0;
  private deemed: Round | null = null;

  constructor(
    private readonly h: Hash,
    private readonly isPublic: boolean,
    private readonly rolls: ReadonlyMap<string, readonly Entry[]>,
  ) {}

  /** A leaf of which only the hash is told (9). */
  hidden(seq: number): void {
    this.mayStand(seq, "");
  }

  /** The next leaf in clear. Throws a Fault. */
  leaf(leaf: Leaf): void {
    const { seq, kind } = leaf;
    this.mayStand(seq, kind);
    if (leaf.utc_ms < this.utc_ms) throw wrong(seq, "时间早于前一条", "its time is before that of the leaf before");
    this.utc_ms = leaf.utc_ms;
    (this.tell[kind] as ((leaf: Leaf) => void) | undefined)?.(leaf);
  }

  /** After the last leaf. */
  end(size: number): void {
    if (this.deemed) throw wrong(size - 1, "deemed 之后没有结果", "no result follows the deemed votes");
  }

  private mayStand(seq: number, kind: string): void {
    if ((seq === 0) !== (kind === "meeting.created")) {
      throw wrong(seq, "meeting.created 必须且只能是第一条", "meeting.created is the first leaf, and only it");
    }
    if (this.over) throw wrong(seq, "会议闭会之后还有记录", "it stands after meeting.closed");
    if (this.deemed && kind !== "result") {
      throw wrong(seq, "deemed 之后必须紧接结果", "the result has to follow directly after the deemed votes");
    }
  }

  private round({ motion, round, seq }: { motion: string; round: number; seq: number }): Round {
    const found = this.rounds.get(`${motion} ${round}`);
    if (!found) throw wrong(seq, "该轮表决没有开启", "this round was not opened");
    return found;
  }

  private open(leaf: { motion: string; round: number; seq: number }): Round {
    const found = this.round(leaf);
    if (found.closed) throw wrong(leaf.seq, "该轮表决已经截止", "this round is closed");
    return found;
  }

  private excludedOf(motion: string, round: number): Set<string> {
    const key = `${motion} ${round}`;
    const found = this.exclusions.get(key) ?? new Set<string>();
    this.exclusions.set(key, found);
    return found;
  }

  private readonly tell: { readonly [K in Kind]?: (leaf: LeafOf[K]) => void } = {
    "roll.frozen": ({ roll, seq }) => {
      if (this.frozen.has(roll)) throw wrong(seq, `债权表 ${roll} 已固定过`, `the roll ${roll} was frozen before`);
      if (!this.rolls.has(roll)) throw wrong(seq, `文件中没有债权表 ${roll}`, `the file has no roll ${roll}`);
      this.frozen.add(roll);
    },
    presence: ({ attendee, state }) => {
      if (state === "out") {
        this.attending.delete(attendee);
        return;
      }
      this.attending.add(attendee);
      for (const round of this.rounds.values()) if (!round.closed) round.attended.add(attendee);
    },
    mandate: (leaf) => {
      if (this.mandates.has(leaf.mandate)) {
        throw wrong(leaf.seq, "同一委托编号出现两次", "this mandate was given before");
      }
      this.mandates.set(leaf.mandate, leaf);
    },
    "mandate.revoked": ({ mandate, seq }) => {
      if (!this.mandates.has(mandate) || this.revoked.has(mandate)) {
        throw wrong(seq, "被撤销的委托不存在或已撤销", "it revokes a mandate that does not stand");
      }
      this.revoked.add(mandate);
    },
    "motion.opened": (leaf) => this.opened(leaf),
    "motion.extended": (leaf) => {
      const round = this.open(leaf);
      if (leaf.closes_utc_ms <= round.closes_utc_ms) {
        throw wrong(leaf.seq, "延长后的截止时间不晚于原时间", "it does not extend the round");
      }
      round.closes_utc_ms = leaf.closes_utc_ms;
    },
    exclusion: ({ creditor, motion, round, seq }) => {
      if (this.rounds.get(`${motion} ${round}`)?.closed) {
        throw wrong(seq, "回避作出在表决截止之后", "the exclusion comes after the closing");
      }
      this.excludedOf(motion, round).add(creditor);
    },
    "paper.entered": (leaf) => {
      const before = this.papers.get(leaf.paper);
      if (before) before.push(leaf);
      else this.papers.set(leaf.paper, [leaf]);
    },
    ballot: (leaf) => this.ballot(leaf),
    "motion.closed": (leaf) => {
      this.open(leaf).closed = leaf;
    },
    deemed: (leaf) => {
      const round = this.round(leaf);
      const { silent, court_ref, resolution } = round.opened.options;
      if (silent !== `deemed_${leaf.choice}`) {
        throw wrong(leaf.seq, "该轮没有此种视为表决的规则", "the options have no such deemed votes");
      }
      if (leaf.court_ref !== court_ref || leaf.resolution !== resolution) {
        throw wrong(leaf.seq, "视为表决的依据与开启时不符", "court_ref or resolution are not those of the options");
      }
      if (!round.closed || round.result) {
        throw wrong(leaf.seq, "视为表决不在截止与结果之间", "it does not lie between closing and result");
      }
      round.deemed = leaf;
      this.deemed = round;
    },
    result: (leaf) => this.result(leaf),
    "result.announced": (leaf) => {
      const round = this.round(leaf);
      if (round.result?.seq !== leaf.result || round.announced) {
        throw wrong(
          leaf.seq,
          "宣布的不是该轮结果，或已宣布",
          "it announces what is not the round's result, or again",
        );
      }
      round.announced = true;
    },
    "draw.committed": (leaf) => {
      if (this.draws.has(leaf.draw) || leaf.count > leaf.pool_size) {
        throw wrong(leaf.seq, "抽签编号重复或人数不足", "a draw of this id was before, or the pool is too small");
      }
      this.draws.set(leaf.draw, leaf);
    },
    "draw.revealed": (leaf) => {
      const committed = this.draws.get(leaf.draw);
      if (!committed || this.revealed.has(leaf.draw)) {
        throw wrong(leaf.seq, "抽签没有承诺或已公布", "the draw was not committed to, or revealed before");
      }
      this.revealed.add(leaf.draw);
      const secret = unhex(leaf.secret);
      if (hex(marked(this.h, 2, secret)) !== committed.commitment) {
        throw wrong(leaf.seq, "公布的秘密值与承诺不符", "the secret is not the one committed to");
      }
      const { count, pool_size } = committed;
      // Lengths first: a log of a few lines may promise a draw that would take for ever.
      const isRight =
        leaf.chosen.length === count &&
        drawn(this.h, secret, leaf.public, pool_size, count).join() === leaf.chosen.join();
      if (!isRight) {
        throw wrong(leaf.seq, "抽签结果与重新计算不符", "the places are not those that the draw gives");
      }
    },
    "cram.entered": ({ motion, seq }) => {
      if (!this.rounds.has(`${motion} 1`)) throw wrong(seq, "该事项没有开启过", "its motion was never opened");
    },
    anchor: ({ size, seq }) => {
      if (size > seq) throw wrong(seq, "存证的树大于此前的记录", "it anchors a tree larger than the log before it");
    },
    "meeting.closed": () => {
      this.over = true;
    },
  };

  private opened(leaf: LeafOf["motion.opened"]): void {
    const { seq, motion, round: number, matter, groups, options, roll } = leaf;
    if (!this.frozen.has(roll)) throw wrong(seq, "所用债权表尚未固定", "its roll was not frozen before");
    if (this.rounds.has(`${motion} ${number}`)) throw wrong(seq, "该轮表决已开启过", "this round was opened before");
    if (!isSorted(groups) || groups.length > 0 !== (matter === "plan")) {
      throw wrong(seq, "表决组填写有误", "the groups are not as the matter has them");
    }
    if (!isSorted(options.bloc.map(({ group }) => group))) {
      throw wrong(seq, "整组表决的组别未排序或重复", "the blocs are not sorted, or one is there twice");
    }
    const deemed = options.silent.startsWith("deemed_");
    if ((options.court_ref !== "") !== deemed || (options.resolution !== "") !== deemed) {
      const zh = "视为表决须有且仅在此时有裁定和决议依据";
      throw wrong(seq, zh, "court_ref and resolution belong to deemed votes, and only to them");
    }
    if (number === 2) this.second(leaf, this.rounds.get(`${motion} 1`));
    const round = new Round(leaf, this.rolls.get(roll) ?? [], this.attending, this.excludedOf(motion, number));
    this.rounds.set(`${motion} ${number}`, round);
  }

  private second({ seq, matter, groups }: LeafOf["motion.opened"], first: Round | undefined): void {
    if (first?.result?.next !== "second_round") {
      throw wrong(seq, "没有须再次表决的第一轮结果", "no result of a round 1 calls for a round 2");
    }
    if (first.opened.matter !== matter) {
      throw wrong(seq, "第二轮的事项与第一轮不同", "round 2 is about another matter than round 1");
    }
    const failed = first.result.divisions.filter(({ passed }) => !passed).map(({ division }) => division);
    if (matter === "plan" && groups.join() !== failed.join()) {
      const en = "the groups of round 2 are not those that failed in round 1";
      throw wrong(seq, "第二轮的组不是第一轮未通过的组", en);
    }
  }

  private ballot(leaf: LeafOf["ballot"]): void {
    const { seq, creditor, division, amount_fen } = leaf;
    const round = this.round(leaf);
    if (this.idems.has(leaf.idem)) throw wrong(seq, "同一表决请求出现两次", "its idem is that of another ballot");
    this.idems.add(leaf.idem);
    const amount = round.units.get(division)?.get(creditor);
    if (amount === undefined)
      throw wrong(seq, `${creditor} 在该组无表决权`, `${creditor} has no vote in ${division}`);
    if (amount_fen !== amount) {
      const zh = `表决权金额为 ${amount_fen} 分，债权表上为 ${amount} 分`;
      throw wrong(seq, zh, `its amount is ${amount_fen} fen, by the roll ${amount}`);
    }
    const isPaper = leaf.channel === "paper";
    if (isPaper !== (leaf.paper !== "")) throw wrong(seq, "书面票与表决渠道不符", "channel and paper do not fit");
    if (!isPaper && leaf.choice === "invalid") throw wrong(seq, "只有书面票可以无效", "only paper may be invalid");
    const received = isPaper ? receivedAt(leaf, this.papers.get(leaf.paper) ?? []) : Number.POSITIVE_INFINITY;
    if (round.result) throw wrong(seq, "表决在结果之后", "the ballot comes after the result");
    if (round.closed && received > round.closed.utc_ms) {
      throw wrong(seq, "表决在截止之后", "the ballot comes after the closing");
    }
    mayCast(leaf, round, this.mandates.get(leaf.mandate), this.revoked);
    const cast = round.ballots.get(division);
    if (cast?.has(creditor) && round.opened.options.ballots === "final") {
      throw wrong(seq, `${creditor} 重复表决`, `${creditor} votes a second time`);
    }
    cast?.set(creditor, leaf.choice);
    this.ballots++;
  }

  private result(leaf: LeafOf["result"]): void {
    const { seq } = leaf;
    const round = this.round(leaf);
    if (!round.closed || round.result) {
      throw wrong(seq, "结果不在截止之后，或已有结果", "the round is not closed, or has a result");
    }
    if (this.deemed && this.deemed !== round) {
      throw wrong(seq, "deemed 之后必须紧接该轮结果", "another round's deemed votes come directly before it");
    }
    if (!this.deemed && round.opened.options.silent.startsWith("deemed_")) {
      throw wrong(seq, "结果之前缺少视为表决", "no deemed votes directly before the result");
    }
    this.deemed = null;
    const deemed = leaf.divisions.map(({ deemed: sum, division }) => ({ ...sum, division }));
    if (round.deemed && difference(deemed, round.deemed.divisions as never)) {
      throw wrong(seq - 1, "视为表决的数字与结果不符", "the deemed votes are not those of the result");
    }
    const { alternatives, divisions, next, passed } = leaf;
    const counted = this.isPublic ? followed(round, leaf) : round.recount();
    const found = difference({ alternatives, divisions, next, passed } as never, counted as never);
    if (found) {
      const [where, said, right] = found;
      const zh = `结果与重新计票不符：${where} 记为 ${said}，应为 ${right}`;
      throw wrong(seq, zh, `the result is not what the ballots give: ${where} is ${said}, should be ${right}`);
    }
    round.result = leaf;
  }
}
