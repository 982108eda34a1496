import type { HearingView } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Banner, wallTime } from "../../ui/index.ts";
import { missingPeople } from "./open.ts";

/** What the state of the session means for the bench right now, in one sentence. */
export function StateBanner({ view, me, zone }: { view: HearingView; me: string; zone: string }) {
  const { bench: t, court } = courtText();
  const states = text().common.states;
  switch (view.state) {
    case "waiting": {
      const missing = missingPeople(view.people, me);
      if (missing === null) return null;
      return missing.length === 0 ? (
        <Banner tone="ok">{t.readyAll}</Banner>
      ) : (
        <Banner tone="info">{t.readyMissing(missing.map((one) => one.seat.name).join("、"))}</Banner>
      );
    }
    case "in_session": {
      const dropped = view.people.filter((one) => one.seat.required && one.presence === "dropped");
      if (dropped.length === 0) return null;
      return <Banner tone="bad">{t.held(dropped.map((one) => one.seat.name).join("、"))}</Banner>;
    }
    case "adjourned":
      return (
        <Banner tone="warn">
          {states.adjourned} ·{" "}
          {view.resume_utc_ms === null ? t.resumeOpen : t.resumeAt(wallTime(view.resume_utc_ms, "minute", zone))}
          {" · "}
          {t.recording.pause}
        </Banner>
      );
    case "closed_evidence":
    case "off_record_mediation":
    case "deliberating":
      return (
        <Banner tone="warn">
          {states[view.state]} · {t.recording.pause} · {t.observersClosed}
        </Banner>
      );
    case "suspended":
      return <Banner tone="bad">{court.moves.suspend}</Banner>;
    case "cancelled":
    case "converted_offline":
    case "transcript_review":
    case "signed":
    case "sealed":
      return <Banner tone="info">{states[view.state]}</Banner>;
    default:
      return null;
  }
}
