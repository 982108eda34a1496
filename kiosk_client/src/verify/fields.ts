import { isObject, type Json, type Obj } from "./canonical.ts";

/** What the fields of section 2, 3, 8 and 9 may hold. */
export type Check = (value: Json) => boolean;
export type Fields = { readonly [name: string]: Check };

export const SILENT = ["signed_in", "voters_only", "deemed_agree", "deemed_abstain"] as const;
export const CHOICES = ["agree", "against", "abstain", "invalid"] as const;
const GROUPS = ["equity", "ordinary", "secured", "small", "tax", "wage"] as const;

const matching =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...words: Json[]): Check =>
  (value) =>
    words.includes(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);

/** The first field that holds what the page does not allow; "" where there are too many or too few; null: none. */
export function wrongField(value: Json, fields: Fields): string | null {
  if (!isObject(value)) return "";
  const names = Object.keys(fields);
  if (Object.keys(value).length !== names.length || !names.every((name) => Object.hasOwn(value, name))) return "";
  return names.find((name) => !fields[name]?.(value[name] as Json)) ?? null;
}

const object =
  (fields: Fields): Check =>
  (value) =>
    wrongField(value, fields) === null;

export const whole: Check = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const truth: Check = (value) => typeof value === "boolean";
const text: Check = (value) =>
  typeof value === "string" &&
  !/[\p{Cc}\p{Surrogate}]/u.test(value) &&
  (value.length <= 500 || [...value].length <= 500);
const id = matching(/^[A-Za-z0-9._:-]{1,64}$/);
const idOrNone = matching(/^[A-Za-z0-9._:-]{0,64}$/);
const creditor = matching(/^(?!bloc:)[A-Za-z0-9._:-]{1,64}$/);
const ulid = matching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
export const hash = matching(/^[0-9a-f]{64}$/);
const signature = matching(/^[0-9a-f]{128}$/);
const salt = matching(/^[0-9a-f]{32}$/);
const two: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(id) && value[0] !== value[1];
const free: Check = (value) => truth(value) || whole(value) || text(value);
const alg = oneOf("sha256", "sm3");
const round = oneOf(1, 2);
const group = oneOf(...GROUPS);
const division = oneOf("all", ...GROUPS);
const cast = oneOf("agree", "against", "abstain");
const choice = oneOf(...CHOICES);
const sum = object({ amount_fen: whole, heads: whole });
const divisions = listOf(
  object({
    ...Object.fromEntries([...CHOICES, "deemed", "present", "silent", "total"].map((name) => [name, sum])),
    amount_missing_fen: whole,
    division,
    heads_missing: whole,
    passed: truth,
  }),
);
const ofRound = { motion: id, round };

export const KINDS: { readonly [kind: string]: Fields } = {
  "meeting.created": { alg, case_no: text, ruleset: oneOf("EBL2006+JI3"), title: text },
  "roll.frozen": { entries: whole, roll: id, root: hash },
  presence: { attendee: id, by: id, channel: oneOf("online", "onsite"), salt, state: oneOf("in", "out") },
  mandate: {
    agent: id,
    document: hash,
    instructions: listOf(object({ choice: cast, motion: id })),
    mandate: id,
    motions: listOf(id),
    principal: creditor,
    salt,
  },
  "mandate.revoked": { by: id, mandate: id, salt },
  "motion.opened": {
    ...ofRound,
    by: two,
    closes_utc_ms: whole,
    groups: listOf(group),
    matter: oneOf("ordinary", "committee", "management", "distribution", "composition", "plan"),
    options: object({
      ballots: oneOf("final", "last"),
      bloc: listOf(object({ group, representative: id })),
      court_ref: text,
      equity_base: oneOf("present", "total"),
      resolution: text,
      secured: oneOf("exclude", "include"),
      silent: oneOf(...SILENT),
    }),
    roll: id,
    title: text,
  },
  "motion.extended": { ...ofRound, by: two, closes_utc_ms: whole },
  exclusion: { ...ofRound, court_ref: text, creditor, salt },
  ballot: {
    ...ofRound,
    actor: id,
    amount_fen: whole,
    channel: oneOf("online", "onsite", "paper"),
    choice,
    creditor: id,
    division,
    heads: oneOf(1),
    idem: id,
    mandate: idOrNone,
    paper: idOrNone,
    salt,
  },
  "paper.entered": {
    ...ofRound,
    channel: oneOf("paper", "phone"),
    choice,
    clerk: id,
    creditor: id,
    division,
    paper: id,
    received_utc_ms: whole,
    salt,
    scan: hash,
  },
  "motion.closed": { ...ofRound, by: two },
  deemed: {
    ...ofRound,
    choice: oneOf("agree", "abstain"),
    court_ref: text,
    divisions: listOf(object({ amount_fen: whole, division, heads: whole })),
    resolution: text,
  },
  result: {
    ...ofRound,
    alternatives: listOf(
      object({
        divisions,
        option: oneOf("silent", "secured", "exclusions"),
        passed: truth,
        value: oneOf(...SILENT, "exclude", "include", "none"),
      }),
    ),
    divisions,
    next: oneOf("final", "second_round", "court"),
    passed: truth,
  },
  "result.announced": { ...ofRound, by: two, result: whole },
  "draw.committed": { commitment: hash, count: whole, draw: id, pool: hash, pool_size: whole },
  "draw.revealed": { chosen: listOf(whole), draw: id, public: text, secret: hash },
  "cram.entered": { claimed: free, condition: oneOf(1, 2, 3, 4, 5, 6), evidence: free, finding: free, motion: id },
  anchor: { anchor: oneOf("file", "rfc3161", "https"), evidence: hash, root: hash, size: whole },
  "meeting.closed": { by: two },
};

const common = { kind: text, meeting: ulid, seq: whole, utc_ms: whole, v: oneOf(1) };
const LEAVES = new Map(Object.entries(KINDS).map(([kind, fields]) => [kind, { ...common, ...fields }]));

/** As `wrongField`, for a leaf of any kind. */
export function wrongInLeaf(leaf: Obj): string | null {
  const fields = LEAVES.get(String(leaf.kind));
  return fields ? wrongField(leaf, fields) : "kind";
}

export const ENTRY: Fields = {
  amount_fen: whole,
  court_ref: text,
  creditor,
  group,
  kind: oneOf("confirmed", "provisional", "none"),
  person: hash,
  secured_fen: whole,
};
export const HEAD: Fields = { alg, key: hash, meeting: ulid, root: hash, signature, size: whole, utc_ms: whole };
export const SEAL: Fields = { file: hash, key: hash, signature };
export const LATE: Fields = {
  ...ofRound,
  closed_seq: whole,
  creditor: id,
  division,
  idem: id,
  key: hash,
  late: oneOf(true),
  meeting: ulid,
  signature,
  utc_ms: whole,
};
export const HEADER: Fields = {
  alg,
  edition: oneOf("court", "public"),
  format: oneOf("yunting-ballot-log/1"),
  heads: whole,
  keys: listOf(object({ key: hash, public: hash })),
  leaves: whole,
  meeting: ulid,
  rolls: listOf(object({ entries: whole, roll: id })),
};
export const isHidden = object({ hash });
