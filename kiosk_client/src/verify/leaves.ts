import type { CHOICES, SILENT } from "./fields.ts";
import type { Alg } from "./tree.ts";

/** Objects of docs/ballot-log.md whose fields were checked by `fields.ts`. */
export type Choice = (typeof CHOICES)[number];
export type Silent = (typeof SILENT)[number];
export type Matter = "ordinary" | "committee" | "management" | "distribution" | "composition" | "plan";

export interface Entry {
  amount_fen: number;
  court_ref: string;
  creditor: string;
  group: string;
  kind: "confirmed" | "provisional" | "none";
  secured_fen: number;
}

export interface Options {
  ballots: "final" | "last";
  bloc: { group: string; representative: string }[];
  court_ref: string;
  equity_base: "present" | "total";
  resolution: string;
  secured: "exclude" | "include";
  silent: Silent;
}

export interface Sum {
  amount_fen: number;
  heads: number;
}

export interface Division extends Record<Choice | "deemed" | "present" | "silent" | "total", Sum> {
  amount_missing_fen: number;
  division: string;
  heads_missing: number;
  passed: boolean;
}

export interface Alternative {
  divisions: Division[];
  option: "silent" | "secured" | "exclusions";
  passed: boolean;
  value: string;
}

interface Common {
  seq: number;
  utc_ms: number;
  meeting: string;
}
interface OfRound extends Common {
  motion: string;
  round: 1 | 2;
}

export interface Opened extends OfRound {
  closes_utc_ms: number;
  groups: string[];
  matter: Matter;
  options: Options;
  roll: string;
  title: string;
}
export interface Ballot extends OfRound {
  actor: string;
  amount_fen: number;
  channel: string;
  choice: Choice;
  creditor: string;
  division: string;
  idem: string;
  mandate: string;
  paper: string;
}
export interface Paper extends OfRound {
  choice: Choice;
  clerk: string;
  creditor: string;
  division: string;
  paper: string;
  received_utc_ms: number;
  scan: string;
}
export interface Mandate extends Common {
  agent: string;
  instructions: { choice: Choice; motion: string }[];
  mandate: string;
  motions: string[];
  principal: string;
}
export interface Deemed extends OfRound {
  choice: "agree" | "abstain";
  court_ref: string;
  divisions: (Sum & { division: string })[];
  resolution: string;
}
export interface Outcome {
  alternatives: Alternative[];
  divisions: Division[];
  next: "final" | "second_round" | "court";
  passed: boolean;
}
export interface Result extends OfRound, Outcome {}

export interface LeafOf {
  "meeting.created": Common & { alg: Alg; case_no: string; title: string };
  "roll.frozen": Common & { entries: number; roll: string; root: string };
  presence: Common & { attendee: string; state: "in" | "out" };
  mandate: Mandate;
  "mandate.revoked": Common & { mandate: string };
  "motion.opened": Opened;
  "motion.extended": OfRound & { closes_utc_ms: number };
  exclusion: OfRound & { creditor: string };
  ballot: Ballot;
  "paper.entered": Paper;
  "motion.closed": OfRound;
  deemed: Deemed;
  result: Result;
  "result.announced": OfRound & { result: number };
  "draw.committed": Common & { commitment: string; count: number; draw: string; pool_size: number };
  "draw.revealed": Common & { chosen: number[]; draw: string; public: string; secret: string };
  "cram.entered": Common & { motion: string };
  anchor: Common & { root: string; size: number };
  "meeting.closed": Common;
}
export type Kind = keyof LeafOf;
export type Leaf = { [K in Kind]: LeafOf[K] & { kind: K } }[Kind];

export interface Head {
  alg: Alg;
  key: string;
  meeting: string;
  root: string;
  signature: string;
  size: number;
}
export interface Header {
  alg: Alg;
  edition: "court" | "public";
  heads: number;
  keys: { key: string; public: string }[];
  leaves: number;
  meeting: string;
  rolls: { entries: number; roll: string }[];
}
