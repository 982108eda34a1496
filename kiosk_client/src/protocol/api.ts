import { either } from "../text/index.ts";
import { serverTime } from "./serverTime.ts";

/** What every refused request answers (docs/protocol.md, Errors). */
interface Refusal {
  error?: string;
  message?: string;
  message_en?: string;
  incident?: string;
}

/** A request that was refused or never arrived (`offline`). `code` is stable; `message` is for the person. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly zh: string,
    readonly english: string,
    readonly incident: string | null = null,
  ) {
    super(zh);
    this.name = "ApiError";
  }

  /** The message in the language in use. */
  get shown(): string {
    return either(this.zh, this.english);
  }
}

export interface Invitation {
  code: string;
  court: string;
  case_no: string;
  title: string;
  scheduled_utc_ms: number;
  state: string;
  name: string;
  role: string;
  label_zh: string;
  label_en: string;
  consented: boolean;
  notices: { version: string; zh: string; en: string; sha256: string };
}

export interface Ticket {
  ticket: string;
  participant: string;
  session?: string;
}

export interface CourtCard {
  court: string;
  key_fingerprint: string;
  verifier_sha256: string;
  ballot_verifier_sha256: string;
  version: string;
  time_zone: string;
  languages: string[];
  /** Address of the court's own emblem; empty: none. */
  emblem: string;
  /** Where a kiosk's page asks its own card reader (docs/card-reader.md); empty: there is none. */
  card_reader: string;
}

interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** A file as the body, instead of JSON. */
  blob?: Blob;
  bearer?: string;
  signal?: AbortSignal;
}

export async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Refusal;
  const zh = body.message ?? `服务器拒绝了请求（${response.status}）`;
  const english = body.message_en ?? `The server refused the request (${response.status})`;
  return new ApiError(body.error ?? `http-${response.status}`, response.status, zh, english, body.incident ?? null);
}

/** One request under /api/v1/ that was answered, whatever with; throws ApiError `offline`. */
export async function answered(
  path: string,
  { method = "GET", body, blob, bearer, signal }: Options = {},
): Promise<Response> {
  let response: Response;
  const sent_ms = Date.now();
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      signal,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        "X-Yunting": "1",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(blob ? { "Content-Type": blob.type } : {}),
        ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}),
      },
      body: blob ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(
      "offline",
      0,
      "无法连接法院服务器，请检查网络后重试。",
      "The court's server cannot be reached.",
    );
  }
  serverTime.hear(response.headers.get("Date"), sent_ms, Date.now());
  return response;
}

/** One request under /api/v1/ that was granted; throws ApiError, always. */
export async function fetched(path: string, options: Options = {}): Promise<Response> {
  const response = await answered(path, options);
  if (!response.ok) throw await refusal(response);
  return response;
}

/** One request; returns the decoded body (undefined for 204). */
export async function call<T>(path: string, options: Options = {}): Promise<T> {
  const response = await fetched(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const api = {
  court: () => call<CourtCard>("court"),
  openInvitation: (code: string) => call<Invitation>("invitations/open", { method: "POST", body: { code } }),
  consent: (code: string, sha256: string, language: string) =>
    call<void>("invitations/consent", { method: "POST", body: { code, sha256, language } }),
  /** `proof`: that this device earned the gate's verdict; without it a verdict ends. */
  invitationTicket: (code: string, proof = "") =>
    call<Ticket>("invitations/ticket", { method: "POST", body: { code, ...(proof ? { proof } : {}) } }),
  observerTicket: (session: string, name: string) =>
    call<Ticket>(`observe/${encodeURIComponent(session)}/ticket`, {
      method: "POST",
      body: { name, declaration: true },
    }),
  staffTicket: (session: string) =>
    call<Ticket>(`sessions/${encodeURIComponent(session)}/ticket`, { method: "POST", body: {} }),
  displayTicket: (session: string, credential: string) =>
    call<Ticket>("devices/ticket", { method: "POST", body: { session }, bearer: credential }),
};
