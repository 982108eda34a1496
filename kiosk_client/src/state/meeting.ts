import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Choice, DocumentView, FromMeeting, MeetingView, Mine, Vote } from "../protocol/meeting.ts";
import type { Head, LateReceipt, MeetingApi, Receipt } from "../protocol/meetingApi.ts";
import {
  type Ballot,
  type MeetingLink,
  MeetingRefusal,
  MeetingSocket,
  type MeetingSocketOptions,
} from "../protocol/meetingSocket.ts";
import type { Checks } from "./checks.ts";
import { type CourtClock, courtMs, sample } from "./clock.ts";
import { HeadWatch } from "./headWatch.ts";
import { type Kept, localShelf, type Shelf } from "./meetingShelf.ts";
import { type Checked, verifyVote } from "./verifyVote.ts";

/** Which vote: one motion's round, one division, one creditor. */
export type VoteId = Pick<Vote, "motion" | "round" | "division" | "creditor">;

export const keyOf = ({ motion, round, division, creditor }: VoteId) => `${motion}/${round}/${division}/${creditor}`;

/** A ballot on its way, or refused for good. */
export type Sending =
  | { at: "sending"; choice: Choice; times: number }
  | { at: "refused"; choice: Choice; refusal: MeetingRefusal };

interface Options {
  id: string;
  person: string;
  token: string;
  api: MeetingApi;
  socket: Pick<MeetingSocketOptions, "url" | "wire" | "now" | "random">;
  shelf?: Shelf;
  checks?: () => Promise<Checks>;
  newIdem?: () => string;
  pause?: () => Promise<void>;
}

/** Loaded when the first head or receipt comes: signing in needs none of it. */
async function loadChecks(): Promise<Checks> {
  return (await import("./ownChecks.ts")).ownChecks;
}

/** Everything that one creditor's page knows of the meeting, and what it can do there. No UI. */
export class Meeting {
  readonly link = signal<MeetingLink>({ at: "idle" });
  readonly view = signal<MeetingView | null>(null);
  readonly mine = signal<Mine | null>(null);
  readonly clock = signal<CourtClock | null>(null);
  readonly sending = signal<ReadonlyMap<string, Sending>>(new Map());
  readonly receipts = signal<readonly Receipt[]>([]);
  readonly lates = signal<readonly LateReceipt[]>([]);
  /** False: this device forgets receipts, so the person has to save them. */
  readonly keeps = signal(true);
  readonly watch: HeadWatch;
  /** The newest receipt for each vote. */
  readonly receiptOf: ReadonlySignal<ReadonlyMap<string, Receipt>>;
  private readonly socket: MeetingSocket;
  private readonly checks: () => Promise<Checks>;
  private readonly shelf: Shelf;
  private readonly now: () => number;
  private kept: Kept;

  constructor(private readonly options: Options) {
    this.checks = options.checks ?? loadChecks;
    this.shelf = options.shelf ?? localShelf(options.id, options.person);
    this.now = options.socket.now ?? (() => performance.now());
    this.kept = this.shelf.load();
    this.receipts.value = this.kept.receipts;
    this.lates.value = this.kept.lates;
    this.watch = new HeadWatch({
      meeting: options.id,
      api: options.api,
      checks: this.checks,
      before: { head: this.kept.head, key: this.kept.key },
      keep: (head) => this.keep({ head }),
      pause: options.pause,
    });
    this.receiptOf = computed(() => newestByVote(this.receipts.value));
    this.socket = new MeetingSocket({
      ...options.socket,
      token: options.token,
      post: (ballot) => options.api.cast(ballot),
      onMessage: (message, received_ms) => this.hear(message, received_ms),
      onLink: (link) => {
        this.link.value = link;
      },
      onTry: (ballot, times) => this.note(ballot, { at: "sending", choice: ballot.choice, times }),
    });
  }

  start(): void {
    this.socket.start();
    for (const ballot of this.kept.unanswered) void this.send(ballot);
  }

  stop(): void {
    this.socket.stop();
  }

  retryNow(): void {
    this.socket.retryNow();
  }

  /** Proves the connection, e.g. when the device has woken up. */
  probe(): void {
    this.socket.probe();
  }

  /** The server's time now. */
  utcMs(): number {
    return courtMs(this.clock.value, this.now());
  }

  /** Casts one choice for several votes. A vote whose ballot is on its way is left alone: a second tap does nothing. */
  cast(votes: readonly VoteId[], choice: Choice): void {
    const newIdem = this.options.newIdem ?? (() => crypto.randomUUID());
    const free = votes.filter((vote) => !this.isSending(vote));
    const ballots = free.map(({ motion, round, division, creditor }) => ({
      motion,
      round,
      division,
      creditor,
      choice,
      idem: newIdem(),
    }));
    // Kept before the first goes out, so that a reload cannot make a second ballot of it.
    this.keep({ unanswered: [...this.kept.unanswered, ...ballots] });
    for (const ballot of ballots) void this.send(ballot);
  }

  /** Whether a ballot for this vote waits for its answer. */
  isSending(vote: VoteId): boolean {
    return this.sending.value.get(keyOf(vote))?.at === "sending";
  }

  /** What stands for this vote as far as this device knows. */
  standing(vote: Vote): { choice: Choice; seq: number | null } | null {
    const receipt = this.receiptOf.value.get(keyOf(vote));
    if (receipt && receipt.leaf.seq >= (vote.seq ?? -1))
      return { choice: receipt.leaf.choice, seq: receipt.leaf.seq };
    return vote.cast === null ? null : { choice: vote.cast, seq: vote.seq };
  }

  askFloor(): Promise<unknown> {
    return this.socket.do({ type: "ask_floor" });
  }

  leaveQueue(): Promise<unknown> {
    return this.socket.do({ type: "leave_queue" });
  }

  ask(text: string): Promise<unknown> {
    return this.socket.do({ type: "ask_question", text });
  }

  /** A document's bytes; that it was opened is told to the meeting. Null: they are not what the agenda names. */
  async open({ document, sha256 }: DocumentView): Promise<Blob | null> {
    const blob = await this.options.api.document(document);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    if (Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) return null;
    this.socket.do({ type: "have_read", document }).catch(() => undefined);
    return blob;
  }

  /** Checks on this device that a receipt's ballot is in the newest log. Throws ApiError. */
  async verify(receipt: Receipt): Promise<readonly Checked[]> {
    return verifyVote(receipt, this.kept.key, this.options.api, await this.checks());
  }

  /** The fingerprint of a receipt's ballot. Throws CannotCheck. */
  async codeOf({ head, leaf }: Receipt): Promise<string> {
    return (await this.checks()).leafHash(head.alg, leaf);
  }

  private async send(ballot: Ballot): Promise<void> {
    this.note(ballot, { at: "sending", choice: ballot.choice, times: 0 });
    try {
      const receipt = (await this.socket.cast(ballot)) as Receipt;
      this.answered(ballot, { receipts: [...this.kept.receipts, receipt] });
      this.note(ballot, null);
      if (!says(receipt, ballot)) this.watch.fail("receipt-unlike", ballot, receipt);
      else await this.watch.receipt(receipt);
    } catch (cause) {
      if (!(cause instanceof MeetingRefusal)) throw cause;
      // The connection ended before an answer: the ballot stays kept, and goes out after the next sign-in.
      if (cause.code === "connection-lost") return;
      const standing = cause.standing as Receipt | null;
      const late = cause.late as LateReceipt | null;
      const known = standing && this.kept.receipts.some(({ leaf }) => leaf.seq === standing.leaf.seq);
      this.answered(ballot, {
        ...(standing && !known ? { receipts: [...this.kept.receipts, standing] } : {}),
        ...(late ? { lates: [...this.kept.lates, late] } : {}),
      });
      this.note(ballot, { at: "refused", choice: ballot.choice, refusal: cause });
      if (standing) await this.watch.receipt(standing);
      if (late) await this.watch.late(late);
    }
  }

  private answered(ballot: Ballot, more: Partial<Kept>): void {
    this.keep({ ...more, unanswered: this.kept.unanswered.filter(({ idem }) => idem !== ballot.idem) });
  }

  private note(vote: VoteId, sending: Sending | null): void {
    const next = new Map(this.sending.value);
    if (sending) next.set(keyOf(vote), sending);
    else next.delete(keyOf(vote));
    this.sending.value = next;
  }

  private keep(more: Partial<Kept>): void {
    this.kept = { ...this.kept, ...more };
    batch(() => {
      this.receipts.value = this.kept.receipts;
      this.lates.value = this.kept.lates;
      this.keeps.value = this.shelf.save(this.kept);
    });
  }

  private hear(message: FromMeeting, received_ms: number): void {
    switch (message.type) {
      case "entered":
        this.watch.useKey(message.court_key);
        if (!this.kept.key) this.keep({ key: message.court_key });
        batch(() => {
          this.view.value = message.meeting;
          this.mine.value = message.mine;
          this.tell(message.utc_ms, received_ms, null);
        });
        this.compare(message.mine);
        break;
      case "meeting":
        this.view.value = message.meeting;
        break;
      case "mine":
        this.mine.value = message.mine;
        this.compare(message.mine);
        break;
      case "beat_back":
        this.tell(message.utc_ms, received_ms, received_ms - message.sent_ms);
        break;
      case "head":
        void this.watch.take(message.head as Head);
        break;
    }
  }

  private tell(utc_ms: number, received_ms: number, rtt_ms: number | null): void {
    this.clock.value = sample(this.clock.value, { utc_ms, session_ms: 0, running: true }, received_ms, rtt_ms);
  }

  /** What the server says is in the log under a receipt's place must be what the receipt says. */
  private compare(mine: Mine): void {
    for (const vote of mine.votes) {
      const receipt = this.receiptOf.value.get(keyOf(vote));
      if (receipt && receipt.leaf.seq === vote.seq && receipt.leaf.choice !== vote.cast)
        this.watch.fail("standing-unlike", receipt, vote);
    }
  }
}

function says({ leaf }: Receipt, ballot: Ballot): boolean {
  return keyOf(leaf) === keyOf(ballot) && leaf.choice === ballot.choice && leaf.idem === ballot.idem;
}

function newestByVote(receipts: readonly Receipt[]): ReadonlyMap<string, Receipt> {
  const newest = new Map<string, Receipt>();
  for (const receipt of receipts) {
    const before = newest.get(keyOf(receipt.leaf));
    if (!before || before.leaf.seq < receipt.leaf.seq) newest.set(keyOf(receipt.leaf), receipt);
  }
  return newest;
}
