import { call } from "./api.ts";
import type { IdentityLevel, Presence, Role, State, UpdateMessage } from "./messages.ts";

/** Requests of the court's own people (docs/protocol.md, HTTP). All throw ApiError. */
export type StaffRole = "judge" | "clerk" | "operator" | "administrator" | "supervisor";

export interface Staff {
  account: string;
  name: string;
  role: StaffRole;
  must_change_password: boolean;
}

export interface Account extends Staff {
  active: boolean;
  created_utc_ms: number;
  /** Whether there is a photo for the face check; nobody can read it back. */
  photo: boolean;
}

export interface Device {
  id: string;
  name: string;
  kind: "display" | "kiosk";
  court: string;
  /** Only in the answer to its making. */
  credential?: string;
}

export interface NodeLoad {
  /** Load over limit. */
  stress: number;
  shedding: "none" | "fewer_tiles" | "low_layers" | "no_joins";
  cpu: number;
  loop_lag_ms: number;
  packets_per_s: number;
}

export interface SessionSummary {
  id: string;
  case_no: string;
  hearing_no: string;
  title: string;
  cause: string;
  court: string;
  scheduled_utc_ms: number;
  state: State;
  state_label: string;
  people: number;
  public: boolean;
  identity: IdentityLevel;
}

export interface SeatRow {
  participant: string;
  seat: string;
  role: Role;
  name: string;
  required: boolean;
  presence: Presence;
  account: string | null;
  invitation: { url: string; code: string; revoked: boolean } | null;
}

export interface SessionDetail extends SessionSummary {
  seats: SeatRow[];
}

export interface NewSeat {
  seat: string;
  role: Role;
  name: string;
  required: boolean;
  account?: string;
}

export interface NewSession {
  court: string;
  case_no: string;
  hearing_no: string;
  cause: string;
  title: string;
  public: boolean;
  scheduled_utc_ms: number;
  /** The court's usual one where it is left out. */
  identity?: IdentityLevel;
  seats: NewSeat[];
  /** Names and terms that speech recognition listens for, beside those of the case. */
  glossary?: string[];
}

export type Edition = "court" | "party" | "public";

export interface ExportJob {
  job: string;
  permille: number;
  step_zh: string;
  step_en: string;
  done: boolean;
  error: string | null;
  url: string | null;
  bytes?: number | null;
  sha512?: string | null;
  /** Which edition it is, and of which case where several were heard together. */
  edition?: string;
  case_no?: string | null;
  /** Which of the two seals' packages it is; empty for an export. */
  seal: "" | "media" | "final";
  begun_utc_ms: number;
}

/** One line of the log as `GET sessions/{id}/events` gives it. */
export type LogEntry = Pick<UpdateMessage, "seq" | "at_ms" | "utc_ms" | "actor" | "event">;

const at = encodeURIComponent;
const post = <T>(path: string, body: unknown = {}) => call<T>(path, { method: "POST", body });

export const staffApi = {
  login: (account: string, password: string) => post<Staff>("staff/login", { account, password }),
  logout: () => post<void>("staff/logout"),
  me: () => call<Staff>("staff/me"),
  password: (old: string, fresh: string) => post<void>("staff/password", { old, new: fresh }),
  accounts: () => call<Account[]>("staff/accounts"),
  createAccount: (body: { account: string; name: string; role: StaffRole; password: string }) =>
    post<Staff>("staff/accounts", body),
  changeAccount: (account: string, body: { role?: StaffRole; active?: boolean; password?: string; name?: string }) =>
    call<Staff>(`staff/accounts/${at(account)}`, { method: "PATCH", body }),
  setPhoto: (account: string, photo: Blob) =>
    call<void>(`staff/accounts/${at(account)}/photo`, { method: "PUT", blob: photo }),
  removePhoto: (account: string) => call<void>(`staff/accounts/${at(account)}/photo`, { method: "DELETE" }),
  load: () => call<NodeLoad>("load"),
  devices: () => call<Device[]>("devices"),
  createDevice: (body: { name: string; kind: Device["kind"]; court: string }) => post<Device>("devices", body),
  deleteDevice: (id: string) => call<void>(`devices/${at(id)}`, { method: "DELETE" }),
  deviceSessions: (credential: string) => call<SessionSummary[]>("devices/sessions", { bearer: credential }),

  sessions: (day: string) => call<SessionSummary[]>(`sessions?day=${at(day)}`),
  session: (id: string) => call<SessionDetail>(`sessions/${at(id)}`),
  events: (id: string) => call<LogEntry[]>(`sessions/${at(id)}/events?after=0`),
  create: (body: NewSession) => post<SessionDetail>("sessions", body),
  reschedule: (id: string, scheduled_utc_ms: number, reason: string) =>
    call<SessionDetail>(`sessions/${at(id)}`, { method: "PATCH", body: { scheduled_utc_ms, reason } }),
  gather: (id: string) => post<SessionDetail>(`sessions/${at(id)}/gather`),
  cancel: (id: string, reason: string) => post<SessionDetail>(`sessions/${at(id)}/cancel`, { reason }),
  addSeat: (id: string, seat: NewSeat) => post<SessionDetail>(`sessions/${at(id)}/seats`, seat),
  renewInvitation: (id: string, participant: string) =>
    post<unknown>(`sessions/${at(id)}/seats/${at(participant)}/invitation`),
  revokeInvitation: (id: string, participant: string, reason: string) =>
    call<void>(`sessions/${at(id)}/seats/${at(participant)}/invitation`, { method: "DELETE", body: { reason } }),
  startExport: (id: string, edition: Edition, case_no: string | null) =>
    post<{ job: string }>(`sessions/${at(id)}/exports`, { edition, ...(case_no ? { case_no } : {}) }),
  /** Oldest first; a package of before a restart counts as a finished job. */
  exports: (id: string) => call<ExportJob[]>(`sessions/${at(id)}/exports`),
  exportJob: (job: string) => call<ExportJob>(`exports/${at(job)}`),
};
