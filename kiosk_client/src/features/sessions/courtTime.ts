/**
 * Times of a court are said and typed in the court's own time zone, whatever the clerk's computer is set to.
 * Instants are UTC ms; `zone` is an IANA name (`GET court`, `time_zone`).
 */

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsIn(zone: string, utc_ms: number): Parts {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const found: Record<string, number> = {};
  for (const part of format.formatToParts(utc_ms)) found[part.type] = Number(part.value);
  return found as unknown as Parts;
}

const two = (n: number) => `${n}`.padStart(2, "0");

/** Minutes the zone is ahead of UTC at this instant. */
export function offsetMinutes(zone: string, utc_ms: number): number {
  const p = partsIn(zone, utc_ms);
  const as_utc_ms = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second);
  return Math.round((as_utc_ms - Math.floor(utc_ms / 1000) * 1000) / 60_000);
}

/** `2026-11-22` in the court's zone. */
export function courtDay(zone: string, utc_ms: number): string {
  const p = partsIn(zone, utc_ms);
  return `${p.year}-${two(p.month)}-${two(p.day)}`;
}

/** `14:30` in the court's zone; with seconds `14:30:05`. */
export function courtTime(zone: string, utc_ms: number, seconds = false): string {
  const p = partsIn(zone, utc_ms);
  return `${two(p.hour)}:${two(p.minute)}${seconds ? `:${two(p.second)}` : ""}`;
}

/** `2026年11月22日` in the court's zone. */
export function courtDateZh(zone: string, utc_ms: number): string {
  const p = partsIn(zone, utc_ms);
  return `${p.year}年${p.month}月${p.day}日`;
}

const WEEKDAYS = ["日", "一", "二", "三", "四", "五", "六"] as const;

export function courtWeekdayZh(zone: string, utc_ms: number): string {
  const p = partsIn(zone, utc_ms);
  return `星期${WEEKDAYS[new Date(Date.UTC(p.year, p.month - 1, p.day)).getUTCDay()]}`;
}

/**
 * The instant of `day` (YYYY-MM-DD) and `time` (HH:MM) on the court's clock, or null when it does not exist:
 * malformed, the 30th of February, or a time the clocks jump over in a zone with summer time.
 */
export function courtInstant(zone: string, day: string, time: string): number | null {
  const d = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  const t = /^(\d{2}):(\d{2})$/.exec(time);
  if (!d || !t) return null;
  const wall_ms = Date.UTC(Number(d[1]), Number(d[2]) - 1, Number(d[3]), Number(t[1]), Number(t[2]));
  // Twice, because the offset is that of the instant, not of the same wall time in UTC.
  let utc_ms = wall_ms - offsetMinutes(zone, wall_ms) * 60_000;
  utc_ms = wall_ms - offsetMinutes(zone, utc_ms) * 60_000;
  return courtDay(zone, utc_ms) === day && courtTime(zone, utc_ms) === time ? utc_ms : null;
}

/** `day` moved by whole days on the calendar. */
export function addDays(day: string, days: number): string {
  const moved = new Date(`${day}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
