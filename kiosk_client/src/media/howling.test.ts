import { describe, expect, test } from "vitest";
import { correlation, FRAME_MS, type Frame, type Howling, HowlingGuard, loneTone } from "./howling.ts";

/** Repeatable noise in 0..1 (mulberry32). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Loudness of somebody speaking: syllables of 100-300 ms with pauses, dBFS a frame. */
function speech(frames: number, seed: number, loud_db = -25): number[] {
  const random = noise(seed);
  const out: number[] = [];
  while (out.length < frames) {
    const spoken = random() < 0.7;
    const length = 5 + Math.floor(random() * 10);
    const level = spoken ? loud_db - random() * 14 : -75;
    for (let i = 0; i < length; i++) out.push(level + (random() - 0.5) * 4);
  }
  return out.slice(0, frames);
}

const silent: Float32Array = new Float32Array(0);

function run(mic: number[], played: number[]): { verdict: Howling | null; after_ms: number } {
  const guard = new HowlingGuard();
  for (let i = 0; i < mic.length; i++) {
    const frame: Frame = { mic_db: mic[i] ?? -90, played_db: played[i] ?? -90, spectrum: silent };
    const verdict = guard.push(frame);
    if (verdict) return { verdict, after_ms: (i + 1) * FRAME_MS };
  }
  return { verdict: null, after_ms: mic.length * FRAME_MS };
}

const power = (db: number) => 10 ** (db / 10);
const mix = (a: number[], b: number[]) => a.map((value, i) => 10 * Math.log10(power(value) + power(b[i] ?? -90)));
const shifted = (values: number[], frames: number, by_db: number) =>
  values.map((_, i) => (values[i - frames] ?? -90) + by_db);

const SECONDS_20 = 1_000;

describe("echo of another device in the room", () => {
  const played = speech(SECONDS_20, 1);

  test.each([4, 12, 30])("the microphone follows what is played, %i frames later: found within 8 s", (lag) => {
    const room = speech(SECONDS_20, 9, -70);
    const result = run(mix(shifted(played, lag, -12), room), played);
    expect(result.verdict).toBe("echo");
    expect(result.after_ms).toBeLessThan(8_000);
  });

  test("also when the other device plays before this one", () => {
    expect(run(shifted(played, -10, -12), played).verdict).toBe("echo");
  });

  test.each([2, 3, 4, 5, 6, 7])("a conversation is no echo (voices %i)", (seed) => {
    expect(run(speech(SECONDS_20 * 6, seed), speech(SECONDS_20 * 6, seed + 100)).verdict).toBeNull();
  });

  test("turn-taking is no echo", () => {
    const turn = (i: number) => Math.floor(i / 200) % 2 === 0;
    const mine = speech(3_000, 11).map((db, i) => (turn(i) ? db : -75));
    const theirs = speech(3_000, 12).map((db, i) => (turn(i) ? -75 : db));
    expect(run(mine, theirs).verdict).toBeNull();
  });

  test("what the echo canceller leaves (30 dB down, under the floor) is not muted for", () => {
    expect(run(shifted(played, 8, -45), played).verdict).toBeNull();
  });

  test("steady noise beside speech is no echo", () => {
    const random = noise(3);
    const fan = Array.from({ length: SECONDS_20 }, () => -40 + (random() - 0.5) * 3);
    expect(run(fan, played).verdict).toBeNull();
  });

  test.each([25, 50, 61])("two devices that beep every %i frames hear a beat, not an echo", (period) => {
    const beep = (offset: number) =>
      Array.from({ length: SECONDS_20 }, (_, i) => ((i + offset) % period < 8 ? -20 : -80));
    expect(run(beep(3), beep(0)).verdict).toBeNull();
  });

  test("after a reset it must be sure again", () => {
    const guard = new HowlingGuard();
    const mic = shifted(played, 10, -10);
    const feed = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const verdict = guard.push({ mic_db: mic[i] ?? -90, played_db: played[i] ?? -90, spectrum: silent });
        if (verdict) return i;
      }
      return null;
    };
    const first = feed(0, 600);
    expect(first).not.toBeNull();
    guard.reset();
    expect(feed((first ?? 0) + 1, (first ?? 0) + 100)).toBeNull();
  });
});

describe("feedback tone", () => {
  const BINS = 512;

  function spectrum(lines: [bin: number, db: number][], seed = 1): number[] {
    const random = noise(seed);
    const bins = Array.from({ length: BINS }, () => -85 + random() * 10);
    for (const [bin, db] of lines) {
      bins[bin] = db;
      bins[bin - 1] = bins[bin + 1] = db - 12;
    }
    return bins;
  }

  const whistle = (guard: HowlingGuard, bins: (i: number) => number[], frames: number) => {
    for (let i = 0; i < frames; i++) {
      const verdict = guard.push({ mic_db: -15, played_db: -90, spectrum: bins(i) });
      if (verdict) return (i + 1) * FRAME_MS;
    }
    return null;
  };

  test("a lone line that stays is howling, within a second", () => {
    const after = whistle(new HowlingGuard(), (i) => spectrum([[120, -18]], i), 100);
    expect(after).not.toBeNull();
    expect(after).toBeLessThanOrEqual(1_000);
  });

  test("a vowel has harmonics and is not", () => {
    const vowel = (i: number) =>
      spectrum(
        [
          [20, -20],
          [40, -28],
          [60, -30],
        ],
        i,
      );
    expect(whistle(new HowlingGuard(), vowel, 300)).toBeNull();
  });

  test("a melody moves and is not", () => {
    const melody = (i: number) => spectrum([[60 + 9 * Math.floor(i / 15), -18]], i);
    expect(whistle(new HowlingGuard(), melody, 300)).toBeNull();
  });

  test("a quiet line is not", () => {
    expect(loneTone(spectrum([[120, -50]]))).toBeNull();
    expect(loneTone([])).toBeNull();
  });
});

test("correlation knows nothing about a flat line", () => {
  const flat = Array.from({ length: 150 }, () => -60);
  expect(correlation(flat, speech(150, 1), 0)).toBe(0);
  const voice = speech(150, 2);
  expect(correlation(voice, voice, 0)).toBeCloseTo(1);
});
