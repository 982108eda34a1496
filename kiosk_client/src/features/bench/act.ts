import { signal } from "@preact/signals";
import { failureText } from "../order/Ask.tsx";

/** The last refusal on this page, shown until it is read or the next act succeeds. */
export const refusal = signal<string | null>(null);

/** Runs a command from a button: success clears the refusal, failure says in words what the court's rules said. */
export function act(promise: Promise<unknown>): void {
  promise.then(
    () => {
      refusal.value = null;
    },
    (cause: unknown) => {
      refusal.value = failureText(cause);
    },
  );
}
