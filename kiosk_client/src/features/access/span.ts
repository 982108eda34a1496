/** `1:02:03`, `02:03` or `123` (seconds), full-width digits and colons too; session ms, null for what is no time. */
export function spanTime(text: string): number | null {
  const parts = text.normalize("NFKC").replace(/\s+/g, "").split(":");
  if (parts.length > 3 || parts.some((part) => !/^\d{1,5}$/.test(part))) return null;
  const numbers = parts.map(Number);
  if (numbers.slice(1).some((one) => one > 59)) return null;
  return numbers.reduce((sum, one) => sum * 60 + one, 0) * 1000;
}

export interface Span {
  from_ms: number;
  to_ms: number | null;
}

/** The span of two fields; what is wrong with it by name. An empty end means to the end of the session. */
export function spanOf(from: string, to: string): Span | "from" | "to" | "order" {
  const from_ms = spanTime(from);
  if (from_ms === null) return "from";
  if (to.trim() === "") return { from_ms, to_ms: null };
  const to_ms = spanTime(to);
  if (to_ms === null) return "to";
  return to_ms > from_ms ? { from_ms, to_ms } : "order";
}
