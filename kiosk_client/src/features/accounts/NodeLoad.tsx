import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import { type NodeLoad as Load, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Lamp } from "../../ui/index.ts";

const EVERY_MS = 5_000;

/** One line: how busy the server is, and what it gives up for the sake of sound and record. */
export function NodeLoad() {
  const t = courtText().staff.operator.load;
  const [load, setLoad] = useState<Load | null>(null);
  useEffect(() => {
    const ask = () =>
      staffApi.load().then(setLoad, (cause) => {
        setLoad(null);
        if (!(cause instanceof ApiError)) throw cause;
      });
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  if (!load) return null;
  const tone = load.shedding === "none" ? "good" : load.shedding === "no_joins" ? "poor" : "fair";
  return (
    <p class="node-load">
      <Lamp tone={tone} live>
        {t.shedding[load.shedding]}
      </Lamp>
      <span class="soft small digits">
        {t.figures(Math.round(load.stress * 100), load.cpu.toFixed(1), Math.round(load.loop_lag_ms))}
      </span>
    </p>
  );
}
