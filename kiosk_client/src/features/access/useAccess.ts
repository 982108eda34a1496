import { useEffect, useState } from "preact/hooks";
import { accessApi, type Restricted } from "../../protocol/access.ts";
import type { Hearing } from "../../state/hearing.ts";
import { failureText } from "../order/failure.ts";

const TELLS = /^(access|case|session\.state|seal)/;

/** Restrictions and cases as they stand, read anew when the log tells of a change; `take` what an act has answered. */
export function useAccess(session: string, hearing: Hearing | null) {
  const [now, take] = useState<Restricted | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const told =
    hearing?.state.value.updates.findLast((update) => update.event && TELLS.test(update.event.type))?.seq ?? 0;
  useEffect(() => {
    let current = true;
    accessApi.now(session).then(
      (found) => {
        if (!current) return;
        take(found);
        setProblem(null);
      },
      (cause: unknown) => current && setProblem(failureText(cause)),
    );
    return () => {
      current = false;
    };
  }, [session, told, asked]);
  return { now, take, problem, again: () => setAsked((n) => n + 1) };
}
