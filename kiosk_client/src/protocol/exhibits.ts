import { ApiError, call, fetched, refusal } from "./api.ts";
import type { ExhibitList, FileTaken } from "./messages.ts";

const of = (session: string) => `sessions/${encodeURIComponent(session)}/exhibits`;

interface HandIn {
  readonly session: string;
  readonly bearer: string;
  readonly file: File;
  /** Share that has been sent, 0 to 1. */
  readonly onShare: (share: number) => void;
  readonly signal: AbortSignal;
}

/** `fetch` does not say how far an upload is. Throws ApiError; `upload-cut` where the connection ended on the way. */
function handIn({ session, bearer, file, onShare, signal }: HandIn): Promise<FileTaken> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/${of(session)}/files`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Yunting", "1");
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => total > 0 && onShare(loaded / total);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as FileTaken);
      else refusal(new Response(request.responseText, { status: request.status })).then(reject, reject);
    };
    request.onerror = () =>
      reject(
        // A server that has read too much hangs up, and a browser may then tell no more than that.
        new ApiError(
          "upload-cut",
          0,
          "上传中断：网络断开，或文件超过法院允许的大小。请检查后重试。",
          "The upload was cut off: the network failed, or the file is larger than the court takes.",
        ),
      );
    request.onabort = () => reject(new DOMException("given up", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** With the credential of the hearing's connection. All throw ApiError. */
export const exhibitApi = {
  list: (session: string, bearer: string) => call<ExhibitList>(of(session), { bearer }),
  file: async (session: string, bearer: string, number: number, signal: AbortSignal) =>
    (await fetched(`${of(session)}/${number}/file`, { bearer, signal })).blob(),
  page: async (session: string, bearer: string, number: number, page: number, signal: AbortSignal) =>
    (await fetched(`${of(session)}/${number}/pages/${page}`, { bearer, signal })).blob(),
  handIn,
};
