import { call } from "./api.ts";
import type { GateRow, GateView } from "./messages.ts";

/** Requests at the gate (docs/protocol.md, The gate). All throw ApiError. */
export interface GateNotice {
  version: string;
  zh: string;
  en: string;
  sha256: string;
  retention_h: number;
}

export type DocumentKind = "resident_id" | "passport" | "uscc" | "other";
export type Guardian = "parent" | "other";

export interface GateApi {
  notice(): Promise<GateNotice>;
  consent(sha256: string, language: string, guardian?: Guardian): Promise<GateView>;
  decline(): Promise<GateView>;
  withdraw(): Promise<GateView>;
  document(kind: DocumentKind, number: string): Promise<GateView>;
  sendCode(): Promise<{ phone_masked: string }>;
  checkCode(code: string): Promise<GateView>;
}

/** The gate of whoever holds this session credential; asked anew for each request, as it changes with each welcome. */
export function gateApi(credential: () => string): GateApi {
  const post = <T>(path: string, body: unknown = {}) =>
    call<T>(`gate/${path}`, { method: "POST", body, bearer: credential() });
  return {
    notice: () => call<GateNotice>("gate/notice", { bearer: credential() }),
    consent: (sha256, language, guardian) => post("consent", { sha256, language, ...(guardian ? { guardian } : {}) }),
    decline: () => post("decline"),
    withdraw: () => post("withdraw"),
    document: (kind, number) => post("document", { kind, number }),
    sendCode: () => post("code"),
    checkCode: (code) => post("code/check", { code }),
  };
}

const at = encodeURIComponent;

/** The clerk's desk of one session. */
export function deskApi(session: string) {
  const base = `sessions/${at(session)}/gate`;
  const act = <T>(participant: string, verb: string, body: unknown) =>
    call<T>(`${base}/${at(participant)}/${verb}`, { method: "POST", body });
  return {
    rows: () => call<GateRow[]>(base),
    /** `visit` of the row that was looked at; a colleague is known without looking. */
    admit: (participant: string, reason: string, text: string, visit?: string) =>
      act<GateRow>(participant, "admit", { reason, text, ...(visit === undefined ? {} : { visit }) }),
    refuse: (participant: string, reason: string, text: string) =>
      act<GateRow>(participant, "refuse", { reason, text }),
    release: (participant: string, text: string) => act<GateRow>(participant, "release", { text }),
    revoke: (participant: string, text: string) => act<GateRow>(participant, "revoke", { text }),
    message: (participant: string, text: string, call_: boolean) =>
      act<void>(participant, "message", { text, call: call_ }),
    /** What the case file says; empty: unknown. */
    file: (participant: string, kind: DocumentKind, number: string, phone: string) =>
      call<GateRow>(`${base}/${at(participant)}/file`, {
        method: "PUT",
        body: { kind, ...(number ? { number } : {}), ...(phone ? { phone } : {}) },
      }),
    reference: (participant: string, photo: Blob) =>
      call<GateRow>(`${base}/${at(participant)}/reference`, { method: "PUT", blob: photo }),
    /** Address of a picture; `beat` makes a browser ask for the present one. */
    picture: (participant: string, which: "live" | "picture" | "reference", beat: number) =>
      `/api/v1/${base}/${at(participant)}/${which}.jpg?at=${beat}`,
  };
}
