import { useCallback, useEffect, useState } from "preact/hooks";
import { exhibitApi } from "../../protocol/exhibits.ts";
import type { ExhibitList } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { failureText } from "../order/failure.ts";

export interface Register {
  readonly list: ExhibitList | null;
  readonly problem: string | null;
  readonly again: () => void;
}

/** The exhibits that this person may see, read anew whenever the register has changed, or what one may see of it. */
export function useExhibits(hearing: Hearing): Register {
  const [list, setList] = useState<ExhibitList | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  const { hearing: view, gate } = hearing.state.value;
  const session = view?.session ?? "";
  const changes = view?.exhibit_changes ?? 0;
  const stage = gate?.stage;
  useEffect(() => {
    if (!session) return;
    let current = true;
    exhibitApi.list(session, hearing.socket.credential).then(
      (found) => {
        if (!current) return;
        setList(found);
        setProblem(null);
      },
      (cause: unknown) => current && setProblem(failureText(cause)),
    );
    return () => {
      current = false;
    };
  }, [hearing, session, changes, stage, asked]);
  return { list, problem, again: useCallback(() => setAsked((n) => n + 1), []) };
}
