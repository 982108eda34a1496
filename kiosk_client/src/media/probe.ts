/** Network figures before entering, over HTTP: the media path exists only inside the courtroom. */
export interface Probe {
  readonly rtt_ms: number;
  /** Requests that failed or took so much longer than the median that a packet must have been sent again. */
  readonly late_permille: number;
  /** null: the server does not take the test upload. */
  readonly uplink_kbps: number | null;
}

const TRIES = 12;
const UPLOAD_BYTES = 262_144;
const LATE_FACTOR = 2;
const LATE_AT_LEAST_MS = 150;

/** Round trip (median) and late share of timed requests; null entries failed. Null when none arrived. */
export function judge(times_ms: readonly (number | null)[]): Pick<Probe, "rtt_ms" | "late_permille"> | null {
  const arrived = times_ms.filter((time): time is number => time !== null).sort((a, b) => a - b);
  const median = arrived[Math.floor(arrived.length / 2)];
  if (median === undefined) return null;
  const limit = median * LATE_FACTOR + LATE_AT_LEAST_MS;
  const late = times_ms.filter((time) => time === null || time > limit).length;
  return { rtt_ms: Math.round(median), late_permille: Math.round((1000 * late) / times_ms.length) };
}

/** Measures for about two seconds. Null when the server cannot be reached. */
export async function probe(signal: AbortSignal): Promise<Probe | null> {
  const times: (number | null)[] = [];
  for (let i = 0; i < TRIES && !signal.aborted; i++) {
    const begun_ms = performance.now();
    try {
      const response = await fetch("/healthz", { cache: "no-store", signal: timeout(signal, 3_000) });
      await response.arrayBuffer();
      // The first pays for opening the connection.
      if (i > 0) times.push(performance.now() - begun_ms);
    } catch {
      times.push(null);
    }
  }
  const judged = judge(times);
  return judged && { ...judged, uplink_kbps: await uplink(signal, judged.rtt_ms) };
}

async function uplink(signal: AbortSignal, rtt_ms: number): Promise<number | null> {
  const body = new Uint8Array(UPLOAD_BYTES);
  crypto.getRandomValues(body.subarray(0, 65_536));
  const begun_ms = performance.now();
  try {
    const response = await fetch("/api/v1/network-check", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/octet-stream", "X-Yunting": "1" },
      signal: timeout(signal, 8_000),
    });
    if (!response.ok) return null;
  } catch {
    // Not even 256 KiB in eight seconds, or no connection: a figure that says so.
    return signal.aborted ? null : Math.round((UPLOAD_BYTES * 8) / 8_000);
  }
  const spent_ms = Math.max(1, performance.now() - begun_ms - rtt_ms);
  return Math.round((UPLOAD_BYTES * 8) / spent_ms);
}

function timeout(signal: AbortSignal, ms: number): AbortSignal {
  const both = new AbortController();
  const timer = setTimeout(() => both.abort(), ms);
  const stop = () => both.abort();
  signal.addEventListener("abort", stop, { once: true });
  both.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
  return both.signal;
}
