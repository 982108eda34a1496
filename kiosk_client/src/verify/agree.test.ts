import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verifyLog } from "./log.ts";

/** Where a run of tests/integration/test_verifiers_agree.py left logs, receipts, and what the other verifier says. */
const folder = process.env.YUNTING_MADE_LOGS ?? "";
const read = (name: string) => readFileSync(join(folder, name));

it.skipIf(!folder)(
  "says of each log what the Python verifier says",
  () => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const of = (ending: string) => name.replace(/jsonl$/, ending);
      const receipt: unknown = existsSync(join(folder, of("receipt")))
        ? JSON.parse(read(of("receipt")).toString())
        : null;
      const { wrong, ballots, root, results } = verifyLog(new Uint8Array(read(name)), receipt);
      const told = { wrong, ballots, root, results: results.map(({ result }) => result) };
      expect(told, name).toEqual(JSON.parse(read(of("expected")).toString()));
    }
  },
  600_000,
);

it.skipIf(!folder)(
  "refuses each changed byte of the logs named so",
  () => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".flips"));
    for (const name of names) {
      const data = new Uint8Array(read(name));
      const step = Number(process.env.YUNTING_FLIP_STEP ?? "25");
      for (let at = 0; at < data.length; at += step) {
        const bit = 1 << (at % 8);
        data[at] = (data[at] as number) ^ bit;
        expect(verifyLog(data).ok, `${name} ${at}`).toBe(false);
        data[at] = (data[at] as number) ^ bit;
      }
      expect(verifyLog(data).ok).toBe(true);
    }
  },
  600_000,
);
