import { useEffect, useState } from "preact/hooks";
import { type SealView, sealApi } from "../../protocol/seal.ts";
import type { Hearing } from "../../state/hearing.ts";
import { failureText } from "../order/failure.ts";

/** While a seal is being made; and without a seat, when nothing tells of what happens. */
const POLL_MS = 1_000;
const POLL_SLOW_MS = 5_000;
const TELLS = /^(incident|seal|stamp|review|record|recording\.incident|session\.state|package)/;

/** The seals of a session as they stand, read anew whenever the log tells of something that touches them. */
export function useSeal(session: string, hearing: Hearing | null) {
  const [view, setView] = useState<SealView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const told =
    hearing?.state.value.updates.findLast((update) => update.event && TELLS.test(update.event.type))?.seq ?? 0;
  const busy = view?.job != null && !view.job.done;
  useEffect(() => {
    let current = true;
    const read = () =>
      sealApi.view(session).then(
        (found) => {
          if (!current) return;
          setView(found);
          setProblem(null);
        },
        (cause: unknown) => current && setProblem(failureText(cause)),
      );
    void read();
    const timer = setInterval(() => void read(), busy ? POLL_MS : POLL_SLOW_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [session, told, busy, asked]);
  return { view, problem, again: () => setAsked((n) => n + 1) };
}
