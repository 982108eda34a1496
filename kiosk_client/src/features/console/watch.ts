import { type Signal, signal } from "@preact/signals";
import type { Console } from "../../protocol/console.ts";

export const POLL_MS = 2_000;

export interface Shown {
  console: Console | null;
  /** What the newest request failed with; the last console stays in sight. */
  problem: unknown;
}

/** The console of one meeting, asked anew while the page is in sight. An answer older than one shown is dropped. */
export class Watch {
  readonly shown: Signal<Shown> = signal({ console: null, problem: null });
  private asked = 0;
  private newest = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private busy = false;

  constructor(
    private readonly ask: () => Promise<Console>,
    private readonly visible: () => boolean = () => document.visibilityState === "visible",
  ) {}

  start(): () => void {
    void this.refresh();
    this.timer = setInterval(() => {
      if (!this.busy && this.visible()) void this.refresh();
    }, POLL_MS);
    return () => clearInterval(this.timer);
  }

  async refresh(): Promise<void> {
    const number = ++this.asked;
    this.busy = true;
    try {
      const console = await this.ask();
      if (number > this.newest) this.take(console, number);
    } catch (problem) {
      if (number > this.newest) this.shown.value = { ...this.shown.value, problem };
    } finally {
      this.busy = false;
    }
  }

  /** An act's answer holds the console too, newer than whatever is under way. */
  take(console: Console, number = ++this.asked): void {
    this.newest = number;
    this.shown.value = { console, problem: null };
  }
}
