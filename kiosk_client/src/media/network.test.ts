import { describe, expect, test } from "vitest";
import { type Counters, count, type Figures, figures, grade, PictureGuard } from "./network.ts";

const zero: Counters = {
  at_ms: 0,
  rtt_ms: null,
  bytes_up: 0,
  packets_up: 0,
  lost_up: 0,
  bytes_down: 0,
  packets_down: 0,
  lost_down: 0,
  freezes: 0,
};
const fine: Figures = {
  rtt_ms: 40,
  loss_up_permille: 0,
  loss_down_permille: 0,
  kbps_up: 800,
  kbps_down: 800,
  freezes: 0,
};

describe("figures", () => {
  test("sums the reports of both connections", () => {
    const counted = count(
      [
        { type: "outbound-rtp", bytesSent: 1_000, packetsSent: 10 },
        { type: "outbound-rtp", bytesSent: 500, packetsSent: 5 },
        { type: "remote-inbound-rtp", packetsLost: 2 },
        { type: "inbound-rtp", bytesReceived: 4_000, packetsReceived: 40, packetsLost: -1, freezeCount: 1 },
        { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 },
        { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
      ],
      7,
    );
    expect(counted).toMatchObject({
      bytes_up: 1_500,
      packets_up: 15,
      lost_up: 2,
      lost_down: 0,
      freezes: 1,
      rtt_ms: 50,
    });
  });

  test("the delay is that of the path in use, not of one that an ICE restart has left", () => {
    const counted = count(
      [
        { type: "candidate-pair", id: "old", nominated: true, currentRoundTripTime: 2 },
        { type: "candidate-pair", id: "new", nominated: true, currentRoundTripTime: 0.03 },
        { type: "transport", id: "t", selectedCandidatePairId: "new" },
      ],
      0,
    );
    expect(counted.rtt_ms).toBe(30);
  });

  test("a track that ends takes its losses with it and is no new loss", () => {
    const before = { ...zero, packets_down: 100_000, lost_down: 50 };
    const after = { ...zero, at_ms: 2_000, packets_down: 100_100, lost_down: 40 };
    expect(figures(before, after, null).loss_down_permille).toBe(0);
  });

  test("loss and rates of the time between two readings", () => {
    const after = { ...zero, at_ms: 2_000, bytes_up: 250_000, packets_up: 200, lost_up: 10, rtt_ms: 80 };
    expect(figures(zero, after, null)).toMatchObject({ kbps_up: 1_000, loss_up_permille: 50, rtt_ms: 80 });
  });

  test("a connection that was made anew counts from zero, never negative", () => {
    const before = { ...zero, bytes_down: 900_000, packets_down: 900 };
    expect(figures(before, { ...zero, at_ms: 1_000, bytes_down: 1_000, packets_down: 1 }, 30)).toMatchObject({
      kbps_down: 8,
      rtt_ms: 30,
    });
  });

  test("silence is no loss", () => {
    expect(figures(zero, { ...zero, at_ms: 1_000 }, null)).toMatchObject({
      loss_up_permille: 0,
      loss_down_permille: 0,
    });
  });

  test("the lamp", () => {
    expect(grade(fine)).toBe("good");
    expect(grade({ ...fine, loss_down_permille: 31 })).toBe("fair");
    expect(grade({ ...fine, rtt_ms: 900 })).toBe("poor");
  });
});

describe("picture guard", () => {
  const bad = { ...fine, loss_up_permille: 200 };

  function run(guard: PictureGuard, f: Figures, from_ms: number, to_ms: number): number | null {
    for (let at = from_ms; at <= to_ms; at += 1_000) if (guard.step(f, at)) return at;
    return null;
  }

  test("gives up the picture after eight bad seconds, not before, and says why", () => {
    const guard = new PictureGuard();
    expect(run(guard, bad, 0, 7_000)).toBeNull();
    expect(run(guard, bad, 8_000, 8_000)).toBe(8_000);
    expect(guard.reason).toBe("loss");
  });

  test("one good reading starts the count again", () => {
    const guard = new PictureGuard();
    run(guard, bad, 0, 7_000);
    guard.step(fine, 7_500);
    expect(run(guard, bad, 8_000, 15_000)).toBeNull();
  });

  test("comes back after twenty good seconds, the next time after forty", () => {
    const guard = new PictureGuard();
    run(guard, bad, 0, 8_000);
    expect(run(guard, fine, 10_000, 60_000)).toBe(30_000);
    expect(guard.reason).toBeNull();
    run(guard, bad, 40_000, 48_000);
    expect(run(guard, fine, 50_000, 120_000)).toBe(90_000);
  });

  test("a merely fair network does not bring the picture back, one with slight faults does", () => {
    const guard = new PictureGuard();
    run(guard, bad, 0, 8_000);
    expect(run(guard, { ...fine, loss_up_permille: 50 }, 9_000, 200_000)).toBeNull();
    expect(run(guard, { ...fine, rtt_ms: 400 }, 201_000, 300_000)).toBeNull();
    expect(run(guard, { ...fine, loss_up_permille: 40, rtt_ms: 300 }, 301_000, 400_000)).toBe(321_000);
  });

  test("a bad reading in the good while starts it again", () => {
    const guard = new PictureGuard();
    run(guard, bad, 0, 8_000);
    expect(run(guard, fine, 10_000, 29_000)).toBeNull();
    guard.step(bad, 29_500);
    expect(run(guard, fine, 30_000, 60_000)).toBe(50_000);
  });

  test("two readings with a sleep between them are no eight bad seconds", () => {
    const guard = new PictureGuard();
    guard.step(bad, 0);
    expect(guard.step(bad, 60_000)).toBe(false);
    expect(guard.step(fine, 62_000)).toBe(false);
    expect(guard.reason).toBeNull();
  });

  test("loss just under the bound and a slow start never give up the picture", () => {
    const guard = new PictureGuard();
    expect(run(guard, { ...fine, loss_up_permille: 149, rtt_ms: 1_499 }, 0, 120_000)).toBeNull();
  });

  test("after a choice of the person's own it judges anew", () => {
    const guard = new PictureGuard();
    run(guard, bad, 0, 8_000);
    guard.reset();
    expect(guard.reason).toBeNull();
    expect(run(guard, bad, 9_000, 30_000)).toBe(17_000);
  });

  test("loss on the way down is the server's to deal with", () => {
    expect(run(new PictureGuard(), { ...fine, loss_down_permille: 400 }, 0, 60_000)).toBeNull();
  });

  test("a very slow path is named as slow", () => {
    const guard = new PictureGuard();
    run(guard, { ...fine, rtt_ms: 2_000 }, 0, 8_000);
    expect(guard.reason).toBe("slow");
  });
});
