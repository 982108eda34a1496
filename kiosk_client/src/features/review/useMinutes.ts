import { useCallback, useEffect, useState } from "preact/hooks";
import { type MinutesView, reviewApi } from "../../protocol/review.ts";
import type { Hearing } from "../../state/hearing.ts";
import { textOf } from "../../state/review.ts";
import { text } from "../../text/index.ts";
import { failureText } from "../order/failure.ts";
import { sha256 } from "./sign.ts";

export interface Reading {
  readonly view: MinutesView | null;
  readonly problem: string;
  readonly again: () => void;
}

/** The minutes as they stand now, read again whenever the review's news names another entry. What does not have its
 * own hash is never shown: nobody signs what they have not read. */
export function useMinutes(hearing: Hearing): Reading {
  const [view, setView] = useState<MinutesView | null>(null);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const session = hearing.state.value.hearing?.session ?? "";
  const seq = hearing.state.value.review?.seq ?? 0;
  useEffect(() => {
    if (!session || !seq) return;
    let current = true;
    async function read() {
      const found = await reviewApi.minutes(session, hearing.socket.credential);
      const hash = await sha256(new TextEncoder().encode(textOf(found)));
      if (!current) return;
      if (hash !== found.sha256) {
        setView(null);
        setProblem(text().review.broken);
        return;
      }
      setView(found);
      setProblem("");
    }
    read().catch((cause: unknown) => current && setProblem(failureText(cause)));
    return () => {
      current = false;
    };
  }, [session, seq, turn]);
  return { view, problem, again: useCallback(() => setTurn((n) => n + 1), []) };
}
