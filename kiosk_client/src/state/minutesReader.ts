import { type ReadonlySignal, signal } from "@preact/signals";
import type { FromServer, PersonView } from "../protocol/messages.ts";
import type { HearingSocket } from "../protocol/socket.ts";
import { foldMinutes, type MinutesState, missingAfter, noMinutes, unread } from "./minutes.ts";

export interface Minutes {
  readonly state: ReadonlySignal<MinutesState>;
  /** From now on keep the whole transcript, not only what is said meanwhile: for a page that shows it. */
  read(): void;
  take(message: FromServer, received_ms: number): void;
  /** Tells who oneself is now: somebody who was let in may read more than before. */
  seen(self: PersonView | null): void;
}

/** Follows the transcript over the page's connection. A phone that shows only captions never loads the whole of it. */
export function followMinutes(socket: () => HearingSocket): Minutes {
  const state = signal(noMinutes);
  let wanted = false;
  let asking = false;
  let anew = false;
  let standing = "";

  async function ask(): Promise<void> {
    if (asking || !wanted) return;
    asking = true;
    try {
      for (let after = missingAfter(state.peek()); after !== null; after = missingAfter(state.peek())) {
        const answer = await socket().lines(after);
        state.value = foldMinutes(state.peek(), answer, performance.now());
      }
    } catch {
      // Refused, or the page is leaving: the next `transcribing` asks again.
    } finally {
      asking = false;
    }
    if (anew) again();
  }

  function again(): void {
    anew = asking;
    if (asking) return;
    state.value = unread(state.peek());
    void ask();
  }

  return {
    state,
    read() {
      wanted = true;
      void ask();
    },
    take(message, received_ms) {
      // Answers are folded by who asked, in the order of asking.
      if (message.type === "lines" && message.re !== null) return;
      state.value = foldMinutes(state.peek(), message, received_ms);
      if (message.type === "transcribing") void ask();
    },
    seen(self) {
      const now = self ? `${self.verified} ${self.presence === "present" || self.presence === "testifying"}` : "";
      if (now === standing) return;
      const before = standing;
      standing = now;
      if (before !== "") again();
    },
  };
}
