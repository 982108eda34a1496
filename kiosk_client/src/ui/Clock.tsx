import { useEffect, useState } from "preact/hooks";

const pad = (value: number) => String(value).padStart(2, "0");

/** Hours, minutes and seconds of a duration in ms; never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Time of day (`time`, `minute`) or date and time (`full`) of a UTC instant in the court's zone. */
export function wallTime(utcMs: number, form: "time" | "minute" | "full", zone = "Asia/Shanghai"): string {
  const key = `${form} ${zone}`;
  let format = FORMATS.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      ...(form === "minute" ? {} : { second: "2-digit" }),
      ...(form === "full" ? { year: "numeric", month: "2-digit", day: "2-digit" } : {}),
    });
    FORMATS.set(key, format);
  }
  return format.format(utcMs);
}

interface Props {
  /** Reads the server's clock (ms); a page never shows its own device's time. */
  now: () => number;
  show: (ms: number) => string;
  label: string;
}

/** Ticks twice a second from the clock it is given. */
export function Clock({ now, show, label }: Props) {
  const [shown, setShown] = useState(() => show(now()));
  useEffect(() => {
    const tick = () => setShown(show(now()));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [now, show]);
  return (
    <span class="clock digits" role="timer" aria-label={label} aria-live="off">
      {shown}
    </span>
  );
}
