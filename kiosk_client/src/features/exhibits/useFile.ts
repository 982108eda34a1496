import { useCallback, useEffect, useState } from "preact/hooks";
import { exhibitApi } from "../../protocol/exhibits.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { failureText } from "../order/failure.ts";
import { sha256 as hashOf } from "../review/sign.ts";

export interface Opened {
  /** Of the file in this page's memory; null while it comes. */
  readonly url: string | null;
  readonly problem: string | null;
  readonly again: () => void;
}

/** An exhibit's file, read with the credential of the hearing: no address of the server's opens it by itself.
 * What does not have the hash that the log has for it is never shown. */
export function useFile(hearing: Hearing, number: number, sha256: string): Opened {
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const session = hearing.state.value.hearing?.session ?? "";
  useEffect(() => {
    if (!session) return;
    const given = new AbortController();
    let made: string | null = null;
    setUrl(null);
    setProblem(null);
    async function read() {
      const blob = await exhibitApi.file(session, hearing.socket.credential, number, given.signal);
      const same = (await hashOf(await blob.arrayBuffer())) === sha256;
      if (given.signal.aborted) return;
      if (!same) return setProblem(exhibitsText().unlike);
      made = URL.createObjectURL(blob);
      setUrl(made);
    }
    read().catch((cause: unknown) => {
      if (!given.signal.aborted) setProblem(failureText(cause));
    });
    return () => {
      given.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [hearing, session, number, sha256, asked]);
  return { url, problem, again: useCallback(() => setAsked((n) => n + 1), []) };
}
