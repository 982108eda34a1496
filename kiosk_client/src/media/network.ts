/** Counters of one moment, summed over both peer connections. Bytes and packets only ever grow. */
export interface Counters {
  readonly at_ms: number;
  readonly rtt_ms: number | null;
  readonly bytes_up: number;
  readonly packets_up: number;
  readonly lost_up: number;
  readonly bytes_down: number;
  readonly packets_down: number;
  readonly lost_down: number;
  readonly freezes: number;
}

/** What a lamp shows and the server is told: loss in per mille, rates in kbit/s. */
export interface Figures {
  readonly rtt_ms: number;
  readonly loss_up_permille: number;
  readonly loss_down_permille: number;
  readonly kbps_up: number;
  readonly kbps_down: number;
  readonly freezes: number;
}

export type Grade = "good" | "fair" | "poor" | "lost";

type Report = Record<string, unknown> & { type: string };
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** Reads what counts out of the browsers' reports (W3C webrtc-stats names). */
export function count(reports: readonly Report[], at_ms: number): Counters {
  // A path that an ICE restart has left keeps its last figure for ever; only the one in use counts.
  const inUse = new Set<unknown>(
    reports.map((report) => report.selectedCandidatePairId).filter((id) => id !== undefined),
  );
  const sum = { bytes_up: 0, packets_up: 0, lost_up: 0, bytes_down: 0, packets_down: 0, lost_down: 0, freezes: 0 };
  let rtt_ms: number | null = null;
  for (const report of reports) {
    switch (report.type) {
      case "outbound-rtp":
        sum.bytes_up += number(report.bytesSent);
        sum.packets_up += number(report.packetsSent);
        break;
      case "remote-inbound-rtp":
        sum.lost_up += Math.max(0, number(report.packetsLost));
        break;
      case "inbound-rtp":
        sum.bytes_down += number(report.bytesReceived);
        sum.packets_down += number(report.packetsReceived);
        sum.lost_down += Math.max(0, number(report.packetsLost));
        sum.freezes += number(report.freezeCount);
        break;
      case "candidate-pair":
        if (!(inUse.size > 0 ? inUse.has(report.id) : report.nominated === true)) break;
        if (typeof report.currentRoundTripTime === "number")
          rtt_ms = Math.max(rtt_ms ?? 0, report.currentRoundTripTime * 1000);
        break;
    }
  }
  return { at_ms, rtt_ms, ...sum };
}

/** Reads the counters of the connections that are there. */
export async function counters(
  connections: readonly (RTCPeerConnection | null)[],
  now_ms: number,
): Promise<Counters> {
  const reports: Report[] = [];
  for (const connection of connections) {
    if (!connection) continue;
    (await connection.getStats()).forEach((report: Report) => {
      reports.push(report);
    });
  }
  return count(reports, now_ms);
}

const permille = (lost: number, arrived: number): number => {
  const due = lost + arrived;
  return due > 0 ? Math.min(1000, Math.round((1000 * lost) / due)) : 0;
};

/** Figures of the time between two readings. A restarted connection counts from zero again, never negative. */
export function figures(before: Counters, after: Counters, signalling_rtt_ms: number | null): Figures {
  const seconds = Math.max(0.001, (after.at_ms - before.at_ms) / 1000);
  const grown = (key: keyof Omit<Counters, "at_ms" | "rtt_ms">) =>
    after[key] >= before[key] ? after[key] - before[key] : after[key];
  // Counts of a track that ended are gone from the sum: what is left was lost before, not now.
  const lost = (key: "lost_up" | "lost_down") => Math.max(0, after[key] - before[key]);
  const lostUp = lost("lost_up");
  return {
    rtt_ms: Math.round(after.rtt_ms ?? signalling_rtt_ms ?? 0),
    loss_up_permille: permille(lostUp, Math.max(0, grown("packets_up") - lostUp)),
    loss_down_permille: permille(lost("lost_down"), grown("packets_down")),
    kbps_up: Math.round((grown("bytes_up") * 8) / 1000 / seconds),
    kbps_down: Math.round((grown("bytes_down") * 8) / 1000 / seconds),
    freezes: grown("freezes"),
  };
}

/** Lamp for the figures, by the server's own bounds: fair over 3 % loss or 250 ms, poor over 10 % or 600 ms. */
export function grade(f: Pick<Figures, "rtt_ms" | "loss_up_permille" | "loss_down_permille">): Grade {
  const loss = Math.max(f.loss_up_permille, f.loss_down_permille);
  if (loss > 100 || f.rtt_ms > 600) return "poor";
  if (loss > 30 || f.rtt_ms > 250) return "fair";
  return "good";
}

export type PictureReason = "loss" | "slow" | null;

const BAD_FOR_MS = 8_000;
/** So many readings in a row at least: a page that was asleep has only one, of a time that nobody saw. */
const BAD_READINGS = 4;
const FIRST_HOLD_MS = 20_000;
const LAST_HOLD_MS = 160_000;

/**
 * Decides when to stop sending one's own picture: eight seconds of 15 % loss on the way up or 1.5 s delay give it up,
 * and a network with less than 5 % and 400 ms for a while brings it back. The while doubles each time, so that a bad
 * line does not flicker. What comes down is the server's to fit to the network. Time is passed in.
 */
export class PictureGuard {
  reason: PictureReason = null;
  private since_ms: number | null = null;
  private readings = 0;
  private hold_ms = FIRST_HOLD_MS;

  /** Forget what was seen: the person has chosen, or the connection is a new one. */
  reset(): void {
    this.reason = this.since_ms = null;
    this.readings = 0;
  }

  /** Takes one reading; true when `reason` has changed. */
  step(f: Figures, at_ms: number): boolean {
    const loss = f.loss_up_permille;
    const heavy = loss >= 150;
    const turning = this.reason === null ? heavy || f.rtt_ms >= 1_500 : loss < 50 && f.rtt_ms < 400;
    if (!turning) {
      this.since_ms = null;
      this.readings = 0;
      return false;
    }
    this.since_ms ??= at_ms;
    this.readings++;
    const hold_ms = this.reason === null ? BAD_FOR_MS : this.hold_ms;
    if (at_ms - this.since_ms < hold_ms || this.readings < BAD_READINGS) return false;
    this.since_ms = null;
    this.readings = 0;
    if (this.reason === null) {
      this.reason = heavy ? "loss" : "slow";
    } else {
      this.reason = null;
      this.hold_ms = Math.min(LAST_HOLD_MS, this.hold_ms * 2);
    }
    return true;
  }
}
