import { answered, call, fetched, refusal } from "./api.ts";
import type { Choice, GateFirst, NotCastMessage, SignedIn, SignIn } from "./meeting.ts";
import type { Ballot } from "./meetingSocket.ts";

/** A signed tree head (docs/ballot-log.md, section 8, as all below). Hashes, key and signature are lower-case hex. */
export interface Head {
  alg: string;
  key: string;
  meeting: string;
  root: string;
  signature: string;
  size: number;
  utc_ms: number;
}

/** The leaf of a ballot. */
export interface BallotLeaf {
  kind: "ballot";
  meeting: string;
  seq: number;
  utc_ms: number;
  actor: string;
  amount_fen: number;
  channel: string;
  choice: Choice;
  creditor: string;
  division: string;
  idem: string;
  mandate: string;
  motion: string;
  round: number;
  salt: string;
}

/** What a voter keeps: the ballot as it is in the log, and the first head that covers it. */
export interface Receipt {
  head: Head;
  leaf: BallotLeaf;
}

/** The court's signed word that a ballot came after the closing. */
export interface LateReceipt {
  closed_seq: number;
  creditor: string;
  division: string;
  idem: string;
  key: string;
  late: true;
  meeting: string;
  motion: string;
  round: number;
  signature: string;
  utc_ms: number;
}

export interface Inclusion {
  hashes: string[];
  seq: number;
  size: number;
}

export interface Consistency {
  first: number;
  hashes: string[];
  second: number;
}

/** Requests of one meeting's page. All throw ApiError. */
export interface MeetingApi {
  /** `GateFirst`: the court's gate comes first. */
  signIn(body: SignIn): Promise<SignedIn | GateFirst>;
  head(): Promise<Head>;
  inclusion(seq: number, size: number): Promise<Inclusion>;
  consistency(first: number, second: number): Promise<Consistency>;
  document(document: string): Promise<Blob>;
  /** A ballot where no socket opens: its receipt, or the refusal in words. */
  cast(ballot: Ballot): Promise<{ receipt: Receipt } | NotCastMessage>;
}

/** The meeting's requests; `token` is the pass that signing in gave, asked anew for each. */
export function meetingApi(id: string, token: () => string): MeetingApi {
  const path = `meetings/${encodeURIComponent(id)}`;
  const bearer = () => ({ bearer: token() });
  return {
    signIn: (body) => call<SignedIn | GateFirst>(`${path}/signin`, { method: "POST", body }),
    head: () => call<Head>(`${path}/head`, bearer()),
    inclusion: (seq, size) => call<Inclusion>(`${path}/proof?seq=${seq}&size=${size}`, bearer()),
    consistency: (first, second) =>
      call<Consistency>(`${path}/consistency?first=${first}&second=${second}`, bearer()),
    document: async (document) =>
      (await fetched(`${path}/documents/${encodeURIComponent(document)}`, bearer())).blob(),
    cast: async (ballot) => {
      const response = await answered(`${path}/ballots`, { method: "POST", body: ballot, ...bearer() });
      if (response.ok) return { receipt: (await response.json()) as Receipt };
      const told = (await response.clone().json()) as Partial<NotCastMessage>;
      if (told.type !== "not_cast") throw await refusal(response);
      return told as NotCastMessage;
    },
  };
}
