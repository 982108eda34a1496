/**
 * The console's keyboard as a pure machine: keys and time in, acts out. G must be held for a second, so that
 * nobody opens a session by leaning on the keyboard; Space talks while it is held.
 */
export type Act =
  | { act: "talk"; on: boolean }
  | { act: "gavel" }
  | { act: "mute_all" }
  | { act: "layout"; index: number }
  | { act: "exhibits" }
  | { act: "help" };

export interface Keys {
  gavel_since_ms: number | null;
  talking: boolean;
}

export const GAVEL_HOLD_MS = 1000;
export const IDLE: Keys = { gavel_since_ms: null, talking: false };

export function keyDown(keys: Keys, key: string, repeat: boolean, now_ms: number): [Keys, Act | null] {
  if (repeat) return [keys, null];
  if (key === " ")
    return keys.talking
      ? [keys, null]
      : [
          { ...keys, talking: true },
          { act: "talk", on: true },
        ];
  if (key === "g" || key === "G") return [{ ...keys, gavel_since_ms: now_ms }, null];
  if (key === "m" || key === "M") return [keys, { act: "mute_all" }];
  if (key === "e" || key === "E") return [keys, { act: "exhibits" }];
  if (key === "?" || key === "？") return [keys, { act: "help" }];
  if (/^[1-5]$/.test(key)) return [keys, { act: "layout", index: Number(key) - 1 }];
  return [keys, null];
}

export function keyUp(keys: Keys, key: string): [Keys, Act | null] {
  if (key === " " && keys.talking)
    return [
      { ...keys, talking: false },
      { act: "talk", on: false },
    ];
  if (key === "g" || key === "G") return [{ ...keys, gavel_since_ms: null }, null];
  return [keys, null];
}

/** Called every frame while G is down: fires once when it has been held long enough. */
export function tick(keys: Keys, now_ms: number): [Keys, Act | null] {
  if (keys.gavel_since_ms === null || now_ms - keys.gavel_since_ms < GAVEL_HOLD_MS) return [keys, null];
  return [{ ...keys, gavel_since_ms: null }, { act: "gavel" }];
}

/** Share of the hold, 0 to 1, for the ring around the gavel. */
export function gavelProgress(keys: Keys, now_ms: number): number {
  if (keys.gavel_since_ms === null) return 0;
  return Math.min(1, (now_ms - keys.gavel_since_ms) / GAVEL_HOLD_MS);
}
