import { signal } from "@preact/signals";
import type { Head, LateReceipt, MeetingApi, Receipt } from "../protocol/meetingApi.ts";
import { CannotCheck, type Checks } from "./checks.ts";

/** What the court said that cannot be true. */
export type Failure =
  | "signature"
  | "other-key"
  | "other-meeting"
  | "shorter"
  | "rewritten"
  | "receipt-signature"
  | "receipt-unlike"
  | "standing-unlike";

/** A failed check and the two things that contradict each other, for whoever looks into it. */
export interface Breach {
  readonly failure: Failure;
  readonly before: unknown;
  readonly after: unknown;
}

/** `unable`: this browser cannot compute it. */
export type Trust =
  | { at: "nothing" }
  | { at: "checked"; head: Head; compared: boolean }
  | { at: "unable"; head: Head }
  | { at: "failed"; breach: Breach };

interface Options {
  meeting: string;
  api: Pick<MeetingApi, "consistency">;
  checks: () => Promise<Checks>;
  /** The newest head of an earlier visit, and the key it was checked with. */
  before: { head: Head | null; key: string };
  keep: (head: Head) => void;
  /** Waits before the next question to the server: thousands of pages get each head at once. */
  pause?: () => Promise<void>;
}

const PAUSE_MS = 20_000;

/** Somewhere within the next twenty seconds. */
function someTime(): Promise<void> {
  return new Promise((wake) => setTimeout(wake, Math.random() * PAUSE_MS));
}

/**
 * Holds the court to one log: every head must be signed by the court's key, and the log of each must begin with that
 * of the one before. Signatures are checked at once, consistency a moment later against the newest head: those that
 * came between are covered by it. What failed once stays failed.
 */
export class HeadWatch {
  readonly trust = signal<Trust>({ at: "nothing" });
  private key = "";
  private last: Head | null;
  private newest: Head | null = null;
  private running = false;

  constructor(private readonly options: Options) {
    this.last = options.before.head;
  }

  /** The court's raw public key, as the entry gave it. A key other than at an earlier visit is a breach. */
  useKey(key: string): void {
    const { before } = this.options;
    if (before.key && before.key !== key) this.fail("other-key", before.key, key);
    this.key = key;
  }

  /** Takes a head that the server broadcast. */
  async take(head: Head): Promise<void> {
    if (!(await this.signed(head, "signature"))) return;
    if (head.meeting !== this.options.meeting) return this.fail("other-meeting", this.options.meeting, head);
    const known = this.newest ?? this.last;
    if (known && head.size < known.size) return this.older(head, known);
    if (known && head.size === known.size) return this.same(head, known);
    this.newest = head;
    await this.run();
  }

  /** Whether a receipt is signed and its head belongs to this log's meeting; a breach otherwise. */
  async receipt(receipt: Receipt): Promise<boolean> {
    const { head, leaf } = receipt;
    if (!(await this.signed(head, "receipt-signature"))) return false;
    const fits = head.meeting === this.options.meeting && leaf.meeting === head.meeting && leaf.seq < head.size;
    if (!fits) this.fail("receipt-signature", head, leaf);
    return fits;
  }

  /** Whether a late receipt is the court's; a breach otherwise. */
  late(late: LateReceipt): Promise<boolean> {
    return this.signed(late, "receipt-signature");
  }

  /** Compares with the newest head at once, without waiting. Throws ApiError when the server does not answer. */
  async compareNow(head: Head): Promise<void> {
    if (!(await this.signed(head, "signature"))) return;
    if (!this.last || head.size > this.last.size) await this.compare(head);
    else if (head.size === this.last.size) this.same(head, this.last);
    else await this.older(head, this.last);
  }

  fail(failure: Failure, before: unknown, after: unknown): void {
    if (this.trust.value.at !== "failed") this.trust.value = { at: "failed", breach: { failure, before, after } };
  }

  private same(head: Head, known: Head): void {
    if (head.root !== known.root) this.fail("rewritten", known, head);
    else if (this.trust.value.at === "nothing") this.trust.value = { at: "checked", head, compared: true };
  }

  /** Signed later and covers less: something was taken out. Signed earlier: it only came late, if it is of this log. */
  private async older(head: Head, known: Head): Promise<void> {
    if (head.utc_ms > known.utc_ms) return this.fail("shorter", known, head);
    const proof = await this.options.api.consistency(head.size, known.size).catch(() => null);
    const checks = await this.options.checks();
    if (proof && !(await checks.consistent(head.alg, head.root, proof, known.root)))
      this.fail("rewritten", known, head);
  }

  private async signed(it: Head | LateReceipt, failure: Failure): Promise<boolean> {
    try {
      const checks = await this.options.checks();
      const right = (await checks.fingerprint(this.key)) === it.key && (await checks.signedBy(this.key, it));
      if (!right) this.fail(failure, this.key, it);
      return right;
    } catch (cause) {
      if (!(cause instanceof CannotCheck)) throw cause;
      if ("size" in it && this.trust.value.at !== "failed") this.trust.value = { at: "unable", head: it };
      return false;
    }
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (this.newest && this.newest.size > (this.last?.size ?? -1) && this.trust.value.at !== "failed") {
        if (this.last) await (this.options.pause ?? someTime)();
        await this.compare(this.newest).catch((cause) => {
          if (cause instanceof CannotCheck) throw cause;
          // No answer is no breach; the next head asks again.
          this.newest = null;
        });
      }
    } catch (cause) {
      if (!(cause instanceof CannotCheck)) throw cause;
      if (this.newest) this.trust.value = { at: "unable", head: this.newest };
    } finally {
      this.running = false;
    }
  }

  private async compare(head: Head): Promise<void> {
    const { last } = this;
    if (last && last.size > 0 && last.size < head.size) {
      const proof = await this.options.api.consistency(last.size, head.size);
      const asked = proof.first === last.size && proof.second === head.size;
      const checks = await this.options.checks();
      if (!asked || !(await checks.consistent(head.alg, last.root, proof, head.root)))
        return this.fail("rewritten", last, head);
    } else if (last && last.size === head.size && last.root !== head.root) {
      return this.fail("rewritten", last, head);
    }
    // Another comparison may have gone further meanwhile.
    if (this.last && this.last.size > head.size) return;
    this.last = head;
    this.options.keep(head);
    if (this.trust.value.at !== "failed") this.trust.value = { at: "checked", head, compared: last !== null };
  }
}
