import { language } from "../../state/preferences.ts";

/** A count of heads, with separators. */
export function heads(count: number): string {
  return count.toLocaleString("en-US");
}

/** An amount in fen as yuan with separators, exact. */
export function yuan(fen: number): string {
  const whole = Math.floor(fen / 100).toLocaleString("en-US");
  const exact = `${whole}.${String(fen % 100).padStart(2, "0")}`;
  return language.value === "en" ? `CNY ${exact}` : `${exact} 元`;
}

/** Rounded down to a hundredth of a percent, so that what misses a threshold never looks as if it met it. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0.00%";
  const hundredths = Number((BigInt(part) * 10_000n) / BigInt(whole));
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}%`;
}
