import { call, fetched } from "./api.ts";

/** A meeting's documents, papers, notices, draws and packages (signaling/meetings/*_bodies.py). All throw ApiError. */
export interface DocumentRow {
  document: string;
  title: string;
  kind: string;
  sha256: string;
  bytes: number;
  added_by: string;
  added_utc_ms: number;
  /** Empty while it stands. */
  removed_by: string;
  removed_utc_ms: number | null;
  reason: string;
  /** Creditors who opened it, or whose agent did. */
  read: number;
  creditors: number;
}

export interface NoticeBoard {
  motion: string;
  round: number;
  title: string;
  announced: boolean;
  made_utc_ms: number | null;
  due_utc_ms: number;
  missed: boolean;
  creditors: number;
  shown: number;
  handed: number;
  sent: number;
  failed: number;
  waiting: number;
  published_utc_ms: number | null;
  root: string;
}

export interface Delivered {
  state: "handed" | "sent" | "failed" | "published";
  creditors: string[];
  reference: string;
  reason: string;
}

export interface DrawView {
  draw: string;
  title: string;
  source: string;
  commitment: string;
  count: number;
  pool: string;
  pool_size: number;
  committed_utc_ms: number;
  /** Empty until it is revealed. */
  public: string;
  secret: string;
  chosen: { place: number; creditor: string; name: string }[];
}

export interface NewDraw {
  title: string;
  source: string;
  count: number;
  present_only: boolean;
}

export interface PackageRow {
  package: string;
  name: string;
  bytes: number;
  sha512: string;
}

/** A package being made; `step_*` say the error when there is one. */
export interface PackageJob {
  job: string;
  permille: number;
  step_zh: string;
  step_en: string;
  done: boolean;
  error: string | null;
  package: PackageRow | null;
}

/** A notice for the person, or for somebody whose agent they are. */
export interface MyNotice {
  motion: string;
  round: number;
  title: string;
  creditor: string;
  name: string;
  made_utc_ms: number;
  shown: boolean;
}

export interface NoticeText extends Omit<MyNotice, "title" | "name" | "made_utc_ms" | "shown"> {
  lines: string[];
  sha256: string;
  receipt: { utc_ms: number; signature: string };
}

const seg = encodeURIComponent;

/** For those who run the meeting. */
export function outputsApi(id: string) {
  const path = `meetings/${seg(id)}`;
  const url = (rest: string) => `/api/v1/${path}/${rest}`;
  const vote = (motion: string, round: number) => `motions/${seg(motion)}/${round}`;
  return {
    documents: () => call<DocumentRow[]>(`${path}/documents`),
    upload: (file: File, title: string) =>
      call<DocumentRow[]>(`${path}/documents?title=${seg(title)}`, { method: "POST", blob: new Blob([file]) }),
    place: (document: string, place: number) =>
      call<DocumentRow[]>(`${path}/documents/${seg(document)}`, { method: "PATCH", body: { place } }),
    remove: (document: string, reason: string) =>
      call<DocumentRow[]>(`${path}/documents/${seg(document)}`, { method: "DELETE", body: { reason } }),
    documentUrl: (document: string) => url(`documents/${seg(document)}`),
    readsUrl: (document: string) => url(`documents/${seg(document)}/reads.csv`),
    minutesUrl: (kind: string) => url(`minutes.${kind}`),
    paperUrl: (motion: string, round: number, paper: string) => url(`${vote(motion, round)}/${paper}`),
    notices: () => call<NoticeBoard[]>(`${path}/notices/board`),
    deliver: (motion: string, round: number, body: Delivered) =>
      call<NoticeBoard[]>(`${path}/notices/${seg(motion)}/${round}/deliveries`, { method: "POST", body }),
    noticeUrl: (motion: string, round: number, file: string) => url(`notices/${seg(motion)}/${round}/${file}`),
    draws: () => call<DrawView[]>(`${path}/draws`),
    commit: (body: NewDraw) => call<DrawView[]>(`${path}/draws`, { method: "POST", body }),
    reveal: (draw: string, text: string) =>
      call<DrawView[]>(`${path}/draws/${seg(draw)}/reveal`, { method: "POST", body: { public: text } }),
    packages: () => call<PackageRow[]>(`${path}/packages`),
    pack: () => call<PackageJob>(`${path}/packages`, { method: "POST", body: {} }),
    packing: () => call<PackageJob[]>(`${path}/packages/jobs`),
    packageJob: (job: string) => call<PackageJob>(`${path}/packages/jobs/${seg(job)}`),
    packageUrl: (made: string) => url(`packages/${seg(made)}.zip`),
  };
}

export type OutputsApi = ReturnType<typeof outputsApi>;

/** For a creditor's page; `token` is the pass. */
export function noticesApi(id: string, token: () => string) {
  const path = `meetings/${seg(id)}/notices`;
  const bearer = () => ({ bearer: token() });
  const one = ({ motion, round }: MyNotice) => `${path}/${seg(motion)}/${round}`;
  return {
    mine: () => call<MyNotice[]>(path, bearer()),
    /** From then on it counts as shown. */
    show: (notice: MyNotice) => call<NoticeText>(`${one(notice)}?creditor=${seg(notice.creditor)}`, bearer()),
    paper: async (notice: MyNotice) =>
      (await fetched(`${one(notice)}/paper.docx?creditor=${seg(notice.creditor)}`, bearer())).blob(),
  };
}
