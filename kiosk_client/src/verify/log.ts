import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf, canonical, isObject, type Obj, parseObject } from "./canonical.ts";
import { Fault, wrong } from "./fault.ts";
import { ENTRY, HEAD, HEADER, isHidden, SEAL, whole, wrongField, wrongInLeaf } from "./fields.ts";
import type { Entry, Head, Header, Leaf, Opened, Result } from "./leaves.ts";
import { checkReceipt } from "./receipt.ts";
import { Story } from "./story.ts";
import { type Alg, type Hash, hashOf, hex, marked, Tree, unhex } from "./tree.ts";

/** What came of it, plain data. */
export interface Report {
  ok: boolean;
  wrong: { line: number; seq: number | null; zh: string; en: string }[];
  meeting: string;
  edition: "court" | "public" | "";
  alg: Alg | "";
  title: string;
  caseNo: string;
  leaves: number;
  heads: number;
  ballots: number;
  root: string;
  key: string;
  receiptChecked: boolean;
  results: { opened: Opened; result: Result }[];
}

/** `part` of 1 of the work is done. */
export type Tell = (part: number) => void;

/** Checks the bytes of a ballot log by docs/ballot-log.md; never throws for what they hold. Takes seconds. */
export function verifyLog(data: Uint8Array, receipt: unknown = null, key = "", tell: Tell = () => undefined): Report {
  return new Verification(data, receipt, key, tell).run();
}

class Verification {
  header: Header | null = null;
  readonly hashes: Uint8Array[] = [];
  readonly leaves: (Leaf | null)[] = [];
  readonly roots = new Map<number, string>();
  private h: Hash = sha256;
  private readonly keys = new Map<string, Uint8Array>();
  private readonly faults: Fault[] = [];
  private readonly rolls = new Map<string, Entry[]>();
  private readonly rollRoots = new Map<string, readonly [number, string]>();
  private readonly heads: Head[] = [];
  private lines: Uint8Array[] = [];
  private signedBy = "";
  private story: Story | null = null;

  constructor(
    private readonly data: Uint8Array,
    private readonly receipt: unknown,
    private readonly key: string,
    private readonly tell: Tell,
  ) {}

  run(): Report {
    if (this.attempt(() => this.layout())) {
      const header = this.header as Header;
      this.attempt(() => this.signature());
      const rolls = this.attempt(() => this.readRolls(header));
      const leaves = this.attempt(() => this.readLeaves(header));
      this.attempt(() => this.readHeads(header));
      this.attempt(() => this.tree(header));
      if (rolls && leaves) this.attempt(() => this.fold(header));
      if (this.receipt !== null) {
        this.attempt(() =>
          checkReceipt(this.receipt, {
            header,
            hashes: this.hashes,
            leaves: this.leaves,
            roots: this.roots,
            h: this.h,
            signed: (value, zh, en) => this.signed(value, 0, zh, en),
          }),
        );
      }
    }
    this.tell(1);
    return this.report();
  }

  private report(): Report {
    const created = this.leaves[0];
    const isTold = created?.kind === "meeting.created";
    const last = this.lines.length + 1;
    const found = this.faults.sort((a, b) => (a.line || last) - (b.line || last));
    const rounds = [...(this.story?.rounds.values() ?? [])];
    return {
      ok: found.length === 0,
      wrong: found.map(({ line, seq, zh, en }) => ({ line, seq, zh, en })),
      meeting: this.header?.meeting ?? "",
      edition: this.header?.edition ?? "",
      alg: this.header?.alg ?? "",
      title: isTold ? String(created.title) : "",
      caseNo: isTold ? String(created.case_no) : "",
      leaves: this.hashes.length,
      heads: this.heads.length,
      ballots: this.story?.ballots ?? 0,
      root: this.roots.get(this.hashes.length) ?? "",
      key: this.signedBy,
      receiptChecked: this.receipt !== null,
      results: rounds.flatMap(({ opened, result }) => (result ? [{ opened, result }] : [])),
    };
  }

  private attempt(stage: () => void): boolean {
    try {
      stage();
      return true;
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      this.faults.push(cause);
      return false;
    }
  }

  private layout(): void {
    const lines = this.lines;
    let from = 0;
    for (let to = this.data.indexOf(10); to >= 0; to = this.data.indexOf(10, from)) {
      lines.push(this.data.subarray(from, to));
      from = to + 1;
    }
    if (from !== this.data.length || lines.length === 0) {
      throw new Fault(lines.length + 1, "文件末尾不完整", "the file does not end with a newline");
    }
    const header = parseObject(lines[0] as Uint8Array);
    if (!header || wrongField(header, HEADER) !== null) {
      throw new Fault(1, "不是云庭表决日志的文件头", "not the first line of a ballot log");
    }
    this.header = header as unknown as Header;
    const { alg, leaves, heads, rolls, keys } = this.header;
    this.h = hashOf(alg);
    const due = rolls.reduce((sum, roll) => sum + roll.entries, leaves + heads + 2);
    if (due !== lines.length) {
      const en = `${due} lines should be here, there are ${lines.length}`;
      throw new Fault(1, `应有 ${due} 行，实有 ${lines.length} 行`, en);
    }
    if (leaves === 0 || heads === 0) throw new Fault(1, "没有记录或没有签名树头", "there is no leaf or no head");
    if (new Set(rolls.map(({ roll }) => roll)).size !== rolls.length) {
      throw new Fault(1, "债权表编号重复", "a roll is listed twice");
    }
    for (const each of keys) {
      const bytes = unhex(each.public);
      if (hex(sha256(bytes)) !== each.key)
        throw new Fault(1, "公钥与其指纹不符", "a key does not have its fingerprint");
      this.keys.set(each.key, bytes);
    }
  }

  private signature(): void {
    const at = this.lines.length;
    const last = this.lines[at - 1] as Uint8Array;
    const seal = parseObject(last);
    if (!seal || wrongField(seal, SEAL) !== null) {
      throw new Fault(at, "末行不是文件签名", "the last line is not the file's signature");
    }
    this.signedBy = String(seal.key);
    if (hex(this.h(this.data.subarray(0, this.data.length - last.length - 1))) !== seal.file) {
      throw new Fault(at, "文件内容与签名时的校验值不符", "the bytes of the file are not those that were signed");
    }
    this.signed(seal, at, "文件签名", "the file's signature");
    if (this.key && this.key !== seal.key) {
      throw new Fault(at, "文件不是用所给指纹的密钥签名", "the file is signed by another key than the one given");
    }
  }

  private signed(value: Obj, line: number, zh: string, en: string): void {
    const { signature, ...unsigned } = value;
    const key = this.keys.get(String(value.key));
    if (!key) throw new Fault(line, `${zh}的密钥不在文件头中`, `${en}: its key is not in the first line`);
    if (!isSigned(unhex(String(signature)), bytesOf(canonical(unsigned)), key)) {
      throw new Fault(line, `${zh}无效`, `${en} is not valid`);
    }
  }

  private readLeaves({ alg, edition, leaves, meeting }: Header): void {
    let first: Fault | null = null;
    for (let seq = 0; seq < leaves; seq++) {
      if (seq % 2000 === 0) this.tell(0.35 + (0.35 * seq) / leaves);
      const line = this.lines[1 + seq] as Uint8Array;
      const leaf = parseObject(line);
      if (edition === "public" && leaf && isHidden(leaf)) {
        this.hashes.push(unhex(String(leaf.hash)));
        this.leaves.push(null);
        continue;
      }
      this.hashes.push(marked(this.h, 0, line));
      this.leaves.push(leaf as unknown as Leaf | null);
      first ??= leafFault(leaf, seq, { alg, meeting, isPublic: edition === "public" });
    }
    if (first) throw first;
  }

  private readRolls({ edition, leaves, rolls }: Header): void {
    let at = 1 + leaves;
    for (const { roll, entries: count } of rolls) {
      const entries: Entry[] = [];
      const tree = new Tree(this.h);
      let before = "";
      let total = 0;
      for (const end = at + count; at < end; at++) {
        if (at % 2000 === 0) this.tell((0.3 * (at - leaves)) / (this.lines.length - leaves));
        const line = this.lines[at] as Uint8Array;
        const entry = parseObject(line);
        if (edition === "public" && entry && isHidden(entry)) {
          tree.append(unhex(String(entry.hash)));
          continue;
        }
        tree.append(marked(this.h, 0, line));
        const read = entryOf(entry, at + 1, edition === "public");
        // A blank sorts before every letter that an id may have.
        const place = `${read.creditor} ${read.group}`;
        if (place <= before)
          throw new Fault(at + 1, "债权表未按顺序或重复", "the roll is not sorted, or has an entry twice");
        before = place;
        total += read.amount_fen;
        if (total > Number.MAX_SAFE_INTEGER) {
          throw new Fault(at + 1, "债权表总额过大", "the whole roll is more than 2^53 - 1 fen");
        }
        entries.push(read);
      }
      this.rolls.set(roll, entries);
      this.rollRoots.set(roll, [count, tree.root()]);
    }
  }

  private readHeads({ alg, heads, leaves, meeting }: Header): void {
    let before = -1;
    const first = this.lines.length - 1 - heads;
    for (let at = first; at < first + heads; at++) {
      if (at % 16 === 0) this.tell(0.7 + (0.2 * (at - first)) / heads);
      const head = parseObject(this.lines[at] as Uint8Array);
      const field = head ? wrongField(head, HEAD) : "";
      if (!head || field !== null) throw new Fault(at + 1, "不是签名树头", `not a tree head ${field}`.trimEnd());
      const read = head as unknown as Head;
      if (read.alg !== alg || read.meeting !== meeting) {
        throw new Fault(at + 1, "树头属于另一会议或算法", "a head of another meeting or alg");
      }
      if (read.size <= before || read.size > leaves) {
        throw new Fault(at + 1, "树头未按大小排列或超出日志", "the heads are not by size, or beyond the log");
      }
      before = read.size;
      this.signed(head, at + 1, "树头签名", "the head's signature");
      this.heads.push(read);
    }
    if (before !== leaves) {
      throw new Fault(
        this.lines.length - 1,
        "最后的树头不是整个日志的",
        "the last head is not that of the whole log",
      );
    }
  }

  private tree({ leaves, heads }: Header): void {
    const anchors = this.leaves.flatMap((leaf, seq) => (leaf?.kind === "anchor" ? [{ leaf, seq }] : []));
    const wanted = new Set([leaves, ...this.heads.map(({ size }) => size), ...anchors.map(({ leaf }) => leaf.size)]);
    const held = isObject(this.receipt) && isObject(this.receipt.head) ? (this.receipt.head.size ?? null) : null;
    if (whole(held)) wanted.add(held as number);
    const tree = new Tree(this.h);
    if (wanted.has(0)) this.roots.set(0, tree.root());
    for (const hash of this.hashes) {
      tree.append(hash);
      if (wanted.has(tree.size)) this.roots.set(tree.size, tree.root());
    }
    let before = 0;
    for (const [i, head] of this.heads.entries()) {
      if (this.roots.get(head.size) !== head.root) {
        const en = `the head is not that of the leaves: one of ${before} to ${head.size - 1} is another`;
        const zh = `树头与记录 ${before} 至 ${head.size - 1} 不符`;
        throw new Fault(this.lines.length - heads + i, zh, en);
      }
      before = head.size;
    }
    for (const { leaf, seq } of anchors) {
      const root = this.roots.get(leaf.size);
      if (root === undefined || root !== leaf.root) {
        throw wrong(seq, "存证的树根与日志不符", "the anchored root is not this log's");
      }
    }
  }

  private fold({ edition }: Header): void {
    const story = new Story(this.h, edition === "public", this.rolls);
    this.story = story;
    for (const [seq, leaf] of this.leaves.entries()) {
      if (seq % 4000 === 0) this.tell(0.9 + (0.1 * seq) / this.leaves.length);
      if (!leaf) {
        story.hidden(seq);
        continue;
      }
      story.leaf(leaf);
      if (leaf.kind !== "roll.frozen") continue;
      const [entries, root] = this.rollRoots.get(leaf.roll) ?? [];
      if (entries !== leaf.entries || root !== leaf.root) {
        throw wrong(seq, "债权表与固定时不符", "the roll in the file is not the one that was frozen");
      }
    }
    story.end(this.leaves.length);
    if (story.frozen.size !== this.rolls.size) {
      throw new Fault(1, "文件中有未固定的债权表", "the file has a roll that was never frozen");
    }
  }
}

function isSigned(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    // Bytes that are no point of the curve.
    return false;
  }
}

function leafFault(
  leaf: Obj | null,
  seq: number,
  of: { alg: Alg; meeting: string; isPublic: boolean },
): Fault | null {
  if (!leaf) return wrong(seq, "不是规范的 JSON", "not canonical JSON");
  const field = wrongInLeaf(leaf);
  if (field !== null) return wrong(seq, `字段有误 ${field}`, field ? `wrong field ${field}` : "wrong fields");
  if (leaf.seq !== seq || leaf.meeting !== of.meeting) {
    return wrong(seq, "序号或会议编号不符", "its seq or its meeting is not that of its place");
  }
  if (of.isPublic && "salt" in leaf)
    return wrong(seq, "公开版不应显示此条", "the public edition must not tell this leaf");
  if (leaf.kind === "meeting.created" && leaf.alg !== of.alg) {
    return wrong(seq, "杂凑算法与文件头不符", "its alg is not that of the first line");
  }
  return null;
}

function entryOf(entry: Obj | null, line: number, isPublic: boolean): Entry {
  const field = entry && !isPublic ? wrongField(entry, ENTRY) : "";
  if (!entry || field !== null) {
    throw new Fault(line, `债权表条目有误 ${field}`.trim(), `not an entry of a roll ${field}`.trim());
  }
  const read = entry as unknown as Entry;
  const { amount_fen, secured_fen, kind } = read;
  if (amount_fen > 1e15 || secured_fen > amount_fen || (kind === "none" && amount_fen > 0)) {
    throw new Fault(line, "债权金额有误", "its amounts cannot be");
  }
  if (kind === "provisional" && !read.court_ref) {
    throw new Fault(line, "临时债权额没有法院决定", "a provisional amount without the court's decision");
  }
  return read;
}
