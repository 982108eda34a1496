/**
 * Does this device hear itself? Two signs, each judged over time, on frames of 20 ms:
 *
 * - `tone`: feedback that already howls. One spectral line stands far above everything else, has no harmonics as a
 *   voice or an instrument would, and stays on its frequency without fading.
 * - `echo`: the loudness of the microphone follows what this device plays, at one steady delay. The browser's echo
 *   canceller removes what this device itself plays; what is left and still follows comes from another device that
 *   plays the same hearing in the same room.
 *
 * Limits, on purpose on the side of silence: `echo` needs about three seconds of somebody else speaking while nobody
 * speaks here and cannot see an echo longer than `MAX_LAG` frames. What repeats itself (a ringing phone, a metronome, a
test beep) follows everything that repeats as often, so `echo` is never concluded from it.
 */
export type Howling = "tone" | "echo";

export const FRAME_MS = 20;
const WINDOW = 150;
const MAX_LAG = 40;
const EVERY = 10;
const HEARD_DB = -52;
const PLAYED_DB = -50;
const FOLLOWS = 0.8;
const REPEATS = 0.7;
const REPEAT_LAGS = { from: 15, to: 75 } as const;
const ECHO_VERDICTS = 5;
const TONE_DB = -40;
const TONE_ABOVE_DB = 32;
const HARMONIC_WITHIN_DB = 24;
const TONE_FRAMES = 35;
const FLOOR_DB = -90;

export interface Frame {
  /** Loudness of the microphone after echo cancelling, dBFS. */
  readonly mic_db: number;
  /** Loudness of everything this device plays, dBFS. */
  readonly played_db: number;
  /** The microphone's spectrum, dB a bin, lowest first; empty when not read in this frame. */
  readonly spectrum: ArrayLike<number>;
}

/** Pearson's correlation of `a` and `b` shifted by `lag` (b earlier), 0 where one of them hardly moves. */
export function correlation(a: readonly number[], b: readonly number[], lag: number): number {
  const count = a.length - Math.abs(lag);
  const [offsetA, offsetB] = lag >= 0 ? [lag, 0] : [0, -lag];
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const x = a[i + offsetA] ?? 0;
    const y = b[i + offsetB] ?? 0;
    sumA += x;
    sumB += y;
    sumAA += x * x;
    sumBB += y * y;
    sumAB += x * y;
  }
  const varianceA = sumAA / count - (sumA / count) ** 2;
  const varianceB = sumBB / count - (sumB / count) ** 2;
  // Under 3 dB of movement there is nothing to recognise.
  if (varianceA < 9 || varianceB < 9) return 0;
  return (sumAB / count - (sumA * sumB) / count ** 2) / Math.sqrt(varianceA * varianceB);
}

/** Whether loudness comes and goes in a fixed beat. */
export function repeats(values: readonly number[]): boolean {
  for (let lag = REPEAT_LAGS.from; lag <= REPEAT_LAGS.to; lag++) {
    if (correlation(values, values, lag) >= REPEATS) return true;
  }
  return false;
}

/** The bin of a lone loud line, or null. */
export function loneTone(spectrum: ArrayLike<number>): number | null {
  if (spectrum.length < 16) return null;
  let peak = 2;
  for (let i = 3; i < spectrum.length; i++) if ((spectrum[i] ?? FLOOR_DB) > (spectrum[peak] ?? FLOOR_DB)) peak = i;
  const top = spectrum[peak] ?? FLOOR_DB;
  if (top < TONE_DB) return null;
  const others = Array.from(spectrum).sort((a, b) => a - b);
  const middle = Math.max(FLOOR_DB, others[Math.floor(others.length / 2)] ?? FLOOR_DB);
  if (top - middle < TONE_ABOVE_DB) return null;
  const near = (bin: number) => {
    let best = FLOOR_DB;
    for (let i = Math.max(0, bin - 1); i <= Math.min(spectrum.length - 1, bin + 1); i++) {
      best = Math.max(best, spectrum[i] ?? FLOOR_DB);
    }
    return best;
  };
  for (const factor of [0.5, 2, 3]) {
    const bin = Math.round(peak * factor);
    if (bin > 2 && bin < spectrum.length - 1 && top - near(bin) < HARMONIC_WITHIN_DB) return null;
  }
  return peak;
}

/** Feed it frames; it answers once when it is sure, and starts afresh after `reset`. */
export class HowlingGuard {
  private readonly mic: number[] = [];
  private readonly played: number[] = [];
  private frames = 0;
  private toneBin: number | null = null;
  private toneFrames = 0;
  private follows = 0;
  private lag: number | null = null;

  reset(): void {
    this.mic.length = this.played.length = 0;
    this.frames = this.toneFrames = this.follows = 0;
    this.toneBin = this.lag = null;
  }

  push(frame: Frame): Howling | null {
    this.frames += 1;
    this.mic.push(Math.max(FLOOR_DB, frame.mic_db));
    this.played.push(Math.max(FLOOR_DB, frame.played_db));
    if (this.mic.length > WINDOW) {
      this.mic.shift();
      this.played.shift();
    }
    if (frame.spectrum.length > 0 && this.tone(frame.spectrum)) return "tone";
    if (this.frames % EVERY === 0 && this.mic.length === WINDOW && this.echo()) return "echo";
    return null;
  }

  private tone(spectrum: ArrayLike<number>): boolean {
    const bin = loneTone(spectrum);
    const same = bin !== null && (this.toneBin === null || Math.abs(bin - this.toneBin) <= 1);
    this.toneFrames = bin === null ? Math.max(0, this.toneFrames - 4) : same ? this.toneFrames + 1 : 1;
    if (bin !== null) this.toneBin = bin;
    else if (this.toneFrames === 0) this.toneBin = null;
    return this.toneFrames >= TONE_FRAMES;
  }

  private echo(): boolean {
    const loud = (values: readonly number[], over: number) => values.filter((value) => value > over).length;
    if (loud(this.played, PLAYED_DB) < WINDOW / 4 || loud(this.mic, HEARD_DB) < WINDOW / 6) {
      this.follows = 0;
      return false;
    }
    let best = 0;
    let at = 0;
    for (let lag = -MAX_LAG; lag <= MAX_LAG; lag++) {
      const value = correlation(this.mic, this.played, lag);
      if (value > best) [best, at] = [value, lag];
    }
    if (best >= FOLLOWS && repeats(this.played)) best = 0;
    const steady = this.lag === null || Math.abs(at - this.lag) <= 2;
    this.follows = best >= FOLLOWS ? (steady ? this.follows + 1 : 1) : 0;
    this.lag = best >= FOLLOWS ? at : null;
    return this.follows >= ECHO_VERDICTS;
  }
}
