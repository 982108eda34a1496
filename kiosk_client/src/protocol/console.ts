import { call } from "./api.ts";
import type { Choice, Group, Matter, MeetingView, Options } from "./meeting.ts";

/** Requests and answers of who runs a creditors' meeting (signaling/meetings/bodies.py). All throw ApiError. */
export interface MeetingRow {
  id: string;
  court: string;
  case_no: string;
  title: string;
  scheduled_utc_ms: number;
  state: string;
}

export interface GroupTotal {
  group: Group;
  creditors: number;
  amount_fen: number;
}

/** What is to be said about a row of the file. */
export interface RowNote {
  line: number;
  column: string;
  zh: string;
  en: string;
}

export interface RollSummary {
  claims: number;
  /** Creditors with a vote. */
  voting: number;
  filed_fen: number;
  voting_fen: number;
  groups: GroupTotal[];
  /** The first hundred. */
  refused: RowNote[];
  refused_rows: number;
  /** Kept, but their provisional amount does not vote: the court has not decided on it. The first hundred. */
  without_decision: RowNote[];
  without_decision_rows: number;
  /** False: the file has refused rows and was not imported. */
  kept: boolean;
}

export type ActName = "open" | "extend" | "close" | "count" | "announce" | "end";

/** What takes two persons: the second sends the very same. */
export interface Act {
  act: ActName;
  motion: string | null;
  round: number;
  closes_utc_ms: number | null;
}

/** Asked for by one, waits for another. */
export interface PendingAct extends Act {
  by: string;
  by_name: string;
  until_utc_ms: number;
}

/** Who came and who voted in one division: never what. */
export interface Turnout {
  motion: string;
  round: number;
  division: string;
  heads_total: number;
  heads_present: number;
  heads_cast: number;
  amount_total_fen: number;
  amount_cast_fen: number;
}

export interface Board {
  heads: number;
  amount_fen: number;
  total_heads: number;
  total_amount_fen: number;
  groups: GroupTotal[];
}

export interface Console {
  meeting: MeetingView;
  roll: RollSummary | null;
  board: Board;
  turnout: Turnout[];
  pending: PendingAct[];
  speakers: { person: string; name: string; since_utc_ms: number }[];
  questions: { id: string; person: string; name: string; text: string; utc_ms: number }[];
  /** Who has the floor, and when it ends by itself. */
  floor: {
    person: string;
    name: string;
    state: "given" | "live" | "away";
    until_utc_ms: number | null;
  } | null;
  log_size: number;
  log_root: string;
  anchors: AnchorState[];
}

/** How it stands with one of those whom the log's heads are given to. */
export interface AnchorState {
  kind: "file" | "rfc3161" | "https";
  where: string;
  /** Leaves of the last head that was taken; 0 for none. */
  size: number;
  /** Tries in a row that failed, and why the last one did, in both languages. */
  failures: number;
  failure: string;
}

export interface CreditorRow {
  creditor: string;
  name: string;
  /** Masked. */
  number: string;
  groups: GroupTotal[];
  present: boolean;
  link: string;
}

export interface NewMeeting {
  court: string;
  case_no: string;
  title: string;
  scheduled_utc_ms: number;
}

export interface NewMotion {
  title: string;
  matter: Matter;
  groups: Group[];
  options: Options;
}

export interface PaperKeyed {
  paper: string;
  channel: "paper" | "phone";
  motion: string;
  round: number;
  division: string;
  creditor: string;
  choice: Choice;
  received_utc_ms: number;
  scan: string;
}

export interface Instruction {
  choice: Choice;
  motion: string;
}

/** 委托: who votes for whom, on what, and how. */
export interface MandateRow {
  mandate: string;
  principal: string;
  principal_name: string;
  agent: string;
  agent_name: string;
  /** Empty: all. */
  motions: string[];
  instructions: Instruction[];
  document: string;
  utc_ms: number;
  revoked: boolean;
}

export interface NewMandate {
  principal: string;
  agent: string | null;
  agent_name: string | null;
  agent_number: string;
  motions: string[];
  instructions: Instruction[];
  document: string;
}

/** One condition of 企业破产法 87(2), and what the judge found. */
export interface CramRow {
  number: number;
  zh: string;
  en: string;
  failed: Group[];
  /** Met because its groups passed: no finding is needed. */
  by_vote: boolean;
  /** Null: no finding yet. */
  claimed: boolean | null;
  finding: string;
  evidence: string;
  utc_ms: number | null;
}

export interface CramEntry {
  condition: number;
  claimed: boolean;
  finding: string;
  /** SHA-256, or empty. */
  evidence: string;
}

export type PaperState = "waits" | "differs" | "counted";

const post = <T>(path: string, body: unknown = {}) => call<T>(path, { method: "POST", body });

export const meetingsApi = {
  list: () => call<MeetingRow[]>("meetings"),
  create: (body: NewMeeting) => post<Console>("meetings", body),
};

/** The requests of one meeting. */
export function consoleApi(id: string) {
  const path = `meetings/${encodeURIComponent(id)}`;
  return {
    console: () => call<Console>(path),
    importRoll: (file: Blob, accept: boolean) =>
      call<RollSummary>(`${path}/roll${accept ? "?accept_refusals=1" : ""}`, { method: "POST", blob: file }),
    rollProgress: () => call<{ permille: number }>(`${path}/roll/progress`),
    addMotion: (body: NewMotion) => post<Console>(`${path}/motions`, body),
    openDoors: () => post<Console>(`${path}/doors`),
    act: ({ act, motion, round, closes_utc_ms }: Act) =>
      post<{ done: boolean; console: Console }>(`${path}/acts`, { act, motion, round, closes_utc_ms }),
    withdraw: ({ act, motion, round, closes_utc_ms }: Act) =>
      post<Console>(`${path}/acts/withdraw`, { act, motion, round, closes_utc_ms }),
    exclude: (body: { motion: string; round: number; creditor: string; court_ref: string }) =>
      post<void>(`${path}/exclusions`, body),
    certify: (attendee: string, state: "in" | "out") => post<void>(`${path}/presence`, { attendee, state }),
    keyPaper: (body: PaperKeyed) => post<{ paper: string; state: PaperState }>(`${path}/papers`, body),
    giveFloor: (person: string | null) => post<void>(`${path}/speaker`, { person }),
    creditors: (words: string) => call<CreditorRow[]>(`${path}/creditors?q=${encodeURIComponent(words)}`),
    replaceLink: (person: string) =>
      post<{ person: string; link: string }>(`${path}/people/${encodeURIComponent(person)}/link`, {}),
    mandates: () => call<MandateRow[]>(`${path}/mandates`),
    mandate: (body: NewMandate) => post<CreditorRow>(`${path}/mandates`, body),
    revokeMandate: (mandate: string) =>
      call<void>(`${path}/mandates/${encodeURIComponent(mandate)}`, { method: "DELETE" }),
    withdrawMotion: (motion: string) =>
      call<void>(`${path}/motions/${encodeURIComponent(motion)}`, { method: "DELETE" }),
    cram: (motion: string) => call<CramRow[]>(`${path}/motions/${encodeURIComponent(motion)}/cram`),
    enterCram: (motion: string, body: CramEntry) =>
      post<CramRow[]>(`${path}/motions/${encodeURIComponent(motion)}/cram`, body),
    linksUrl: `/api/v1/${path}/links.csv`,
    anchorsUrl: `/api/v1/${path}/anchors.jsonl`,
    logUrl: (edition: "court" | "public") => `/api/v1/${path}/log.jsonl?edition=${edition}`,
  };
}

export type ConsoleApi = ReturnType<typeof consoleApi>;
