import { signal } from "@preact/signals";
import type { PersonView } from "../../protocol/messages.ts";
import { Refused } from "../../protocol/socket.ts";
import type { Hearing } from "../../state/hearing.ts";
import { either } from "../../text/index.ts";
import { act } from "./act.ts";

const CONNECTED = new Set(["waiting", "present", "testifying"]);

/** Names of required people who are not here, in the court's words; null when nobody has been refused. */
export const missingReason = signal<string | null>(null);

/** Required people without whom the session does not open, witnesses and experts aside; null for who cannot know: at
 * the gate one sees the court's people only. */
export function missingPeople(people: readonly PersonView[], me: string): PersonView[] | null {
  if (!people.find((one) => one.seat.participant === me)?.verified) return null;
  return people.filter((one) => one.seat.required && !one.isolated && !CONNECTED.has(one.presence));
}

/** 敲槌: opens, or resumes where the session rests. A refusal for missing people asks for the reason instead. */
export async function strike(hearing: Hearing): Promise<void> {
  const moves = hearing.state.value.hearing?.moves ?? [];
  const move = moves.includes("open") ? "open" : moves.includes("resume") ? "resume" : null;
  if (!move) return;
  try {
    await hearing.do({ do: "move", move });
  } catch (cause) {
    if (cause instanceof Refused && cause.code === "required-missing")
      missingReason.value = either(cause.zh, cause.english);
    else act(Promise.reject(cause));
  }
}
