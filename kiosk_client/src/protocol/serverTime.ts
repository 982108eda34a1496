/**
 * The server's time for pages that have no socket, from the `Date` of the answers they get anyway. One `Date` is good
 * to a second; what several leave possible together is much narrower.
 */
export class ServerTime {
  private low_ms = Number.NEGATIVE_INFINITY;
  private high_ms = Number.POSITIVE_INFINITY;

  constructor(private readonly device: () => number = Date.now) {}

  /** A request left at `sent_ms` and was answered by `received_ms` (the device's clock); `date` is its header. */
  hear(date: string | null, sent_ms: number, received_ms: number): void {
    const said_ms = Date.parse(date ?? "");
    if (Number.isNaN(said_ms) || received_ms < sent_ms) return;
    const low_ms = said_ms - received_ms;
    const high_ms = said_ms + 1000 - sent_ms;
    // Nothing in common: one of the two clocks was set. What was heard before holds no more.
    const apart = low_ms > this.high_ms || high_ms < this.low_ms;
    this.low_ms = apart ? low_ms : Math.max(low_ms, this.low_ms);
    this.high_ms = apart ? high_ms : Math.min(high_ms, this.high_ms);
  }

  /** UTC ms now; the device's own clock until the server has answered. */
  now(): number {
    const offset_ms = Number.isFinite(this.low_ms) ? (this.low_ms + this.high_ms) / 2 : 0;
    return this.device() + Math.round(offset_ms);
  }
}

export const serverTime = new ServerTime();

/** For clocks and deadlines on the pages of the court's people. */
export const serverMs = (): number => serverTime.now();
