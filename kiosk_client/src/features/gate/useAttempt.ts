import { useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import { Refused } from "../../protocol/socket.ts";
import { either, text } from "../../text/index.ts";

export interface Attempt {
  busy: boolean;
  /** What the person reads about the last one; null while there is nothing to read. */
  problem: string | null;
  run(act: () => Promise<unknown>): Promise<boolean>;
}

/** One request at a time, its refusal in words. `run` says whether it went well. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  return {
    busy,
    problem,
    async run(act) {
      setBusy(true);
      setProblem(null);
      try {
        await act();
        return true;
      } catch (cause) {
        if (cause instanceof ApiError) setProblem(cause.shown);
        else if (cause instanceof Refused) setProblem(either(cause.zh, cause.english));
        else {
          setProblem(text().common.errors.unexpected);
          console.error(cause);
        }
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
