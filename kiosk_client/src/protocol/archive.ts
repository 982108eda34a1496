import { call } from "./api.ts";
import type { ExportJob, SessionSummary } from "./staff.ts";

/** One package in one place (docs/protocol.md, `GET archive`). */
export interface PackageCopy {
  package: string;
  place: string;
  address: string;
  state: "queued" | "sending" | "sent" | "verified" | "failed";
  bytes_done: number;
  bytes_total: number;
  tries: number;
  reason_zh: string;
  reason_en: string;
  again_utc_ms: number | null;
  utc_ms: number;
}

export interface ArchivedPackage {
  package: ExportJob;
  made_utc_ms: number;
  copies: PackageCopy[];
  /** Every place that the settings name has read it back whole. */
  safe: boolean;
}

export interface ArchivedSession {
  session: SessionSummary;
  opened_utc_ms: number | null;
  judge: string;
  packages: ArchivedPackage[];
}

export interface ArchivePage {
  rows: ArchivedSession[];
  next: string;
  places: string[];
}

export const archiveApi = {
  find: (question: Record<string, string>, after: string) => {
    const address = new URLSearchParams({ ...question, after });
    for (const [name, value] of [...address]) if (!value) address.delete(name);
    return call<ArchivePage>(`archive?${address}`);
  },
  retry: (job: string) =>
    call<{ copies: number }>(`archive/packages/${encodeURIComponent(job)}/copies`, { method: "POST", body: {} }),
};

/** Where the player of a package is. */
export const playerUrl = (job: string) => `/api/v1/exports/${encodeURIComponent(job)}/files/data/player/index.html`;
