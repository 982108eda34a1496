import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Banner, wallTime } from "../../ui/index.ts";
import { kindOf } from "./kind.ts";

/** Tells judge and clerk who looks into their hearing, since when, and at what. */
export function LookNotice({ hearing, zone }: { hearing: Hearing; zone: string }) {
  const t = courtText().supervise;
  const view = hearing.state.value.hearing;
  if (!view || view.looks.length === 0) return null;
  const names = view.looks.map((look) => {
    const who = view.people.find((one) => one.seat.participant === look.participant);
    const what = [t.only[kindOf(look)], wallTime(look.since_utc_ms, "minute", zone)].join(t.comma);
    return t.looker(who?.seat.name ?? "", what);
  });
  return <Banner tone="info">{t.notice(names.join(t.and))}</Banner>;
}
