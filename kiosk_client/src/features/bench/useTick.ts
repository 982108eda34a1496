import { useEffect, useState } from "preact/hooks";

/** Re-renders every `every_ms`, for what a clock moves; stands still while `running` is false. */
export function useTick(every_ms: number, running = true): void {
  const [, beat] = useState(0);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => beat((n) => n + 1), every_ms);
    return () => clearInterval(timer);
  }, [every_ms, running]);
}
