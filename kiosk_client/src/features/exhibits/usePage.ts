import { useCallback, useEffect, useState } from "preact/hooks";
import { exhibitApi } from "../../protocol/exhibits.ts";
import type { Hearing } from "../../state/hearing.ts";
import { failureText } from "../order/failure.ts";
import type { Opened } from "./useFile.ts";

interface Drawn {
  readonly url: string;
  readonly page: number;
}

/** A page of a PDF as the server draws it. The page before stays until the next one is there: `page` says which it
 * is. */
export function usePage(hearing: Hearing, number: number, page: number): Opened & { readonly page: number } {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const session = hearing.state.value.hearing?.session ?? "";
  useEffect(() => {
    if (!session) return;
    const given = new AbortController();
    setProblem(null);
    exhibitApi.page(session, hearing.socket.credential, number, page, given.signal).then(
      (blob) => !given.signal.aborted && setDrawn({ url: URL.createObjectURL(blob), page }),
      (cause: unknown) => !given.signal.aborted && setProblem(failureText(cause)),
    );
    return () => given.abort();
  }, [hearing, session, number, page, asked]);
  useEffect(() => () => void (drawn && URL.revokeObjectURL(drawn.url)), [drawn]);
  return {
    url: drawn?.url ?? null,
    page: drawn?.page ?? page,
    problem,
    again: useCallback(() => setAsked((n) => n + 1), []),
  };
}
