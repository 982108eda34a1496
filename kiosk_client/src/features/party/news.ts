import { effect, type Signal, signal } from "@preact/signals";
import type { UpdateMessage } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";

export interface Toast {
  readonly seq: number;
  readonly tone: "info" | "ok" | "warn" | "bad";
  readonly words: string;
}

const SHOWN_MS = 8_000;

/** What an update means to `me`, in words, or null. Pure. */
export function newsOf(update: UpdateMessage, me: string): Omit<Toast, "seq"> | null {
  const t = text().party.hearing;
  const event = update.event;
  if (!event) return null;
  switch (event.type) {
    case "participant.mute":
      if (event.participant !== me || event.kind !== "audio" || update.actor === me) return null;
      return event.muted ? { tone: "warn", words: t.mutedByCourt } : { tone: "ok", words: t.unmuted };
    case "floor.granted":
      if (event.participant !== me) return null;
      return { tone: "ok", words: event.limit_ms > 0 ? t.floorTimed(event.limit_ms / 1000) : t.floorMine };
    case "participant.warned":
      return event.participant === me ? { tone: "bad", words: t.warned(event.count, event.reason) } : null;
    case "participant.help":
      return event.participant === me && event.answered ? { tone: "info", words: t.helpAnswered } : null;
    default:
      return null;
  }
}

/** The newest thing this person must know; goes away by itself. Returns the signal and the way to stop. */
export function follow(hearing: Hearing): {
  toast: Signal<Toast | null>;
  say: (toast: Omit<Toast, "seq">) => void;
  stop: () => void;
} {
  const toast = signal<Toast | null>(null);
  let seen = hearing.state.peek().updates.at(-1)?.seq ?? 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const say = (words: Omit<Toast, "seq">) => {
    toast.value = { seq: seen, ...words };
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      toast.value = null;
    }, SHOWN_MS);
  };
  const stop = effect(() => {
    const { updates, me } = hearing.state.value;
    for (const update of updates) {
      if (update.seq <= seen) continue;
      seen = update.seq;
      const news = newsOf(update, me);
      if (news) say(news);
    }
  });
  return {
    toast,
    say,
    stop() {
      stop();
      if (timer) clearTimeout(timer);
    },
  };
}
