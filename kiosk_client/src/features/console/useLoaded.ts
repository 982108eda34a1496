import { useEffect, useState } from "preact/hooks";
import { failureText } from "../order/failure.ts";

/** What a panel shows: read when it appears and whenever `version` changes; `run` does something and takes its answer. */
export function useLoaded<T>(load: () => Promise<T>, version: unknown = null) {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  async function run(act: () => Promise<T>): Promise<boolean> {
    setBusy(true);
    try {
      setValue(await act());
      setProblem(null);
      return true;
    } catch (cause) {
      setProblem(failureText(cause));
      return false;
    } finally {
      setBusy(false);
    }
  }
  useEffect(() => void run(load), [version]);
  return { value, setValue, problem, busy, run };
}
