import type { ComponentChildren } from "preact";
import type { HearingView } from "../../protocol/messages.ts";
import { text } from "../../text/index.ts";
import { Icon, type IconName, wallTime } from "../../ui/index.ts";
import "./party.css";

interface CardProps {
  icon: IconName;
  title: string;
  lead?: string;
  hint?: string;
  tone?: "plain" | "bad";
  children?: ComponentChildren;
}

/** One state in the middle of the screen: a sign, what it is, what to do. */
export function StateCard({ icon, title, lead, hint, tone = "plain", children }: CardProps) {
  return (
    <section class={`state-card state-${tone}`} role="status">
      <span class="state-sign">
        <Icon name={icon} />
      </span>
      <h1>{title}</h1>
      {lead && <p class="state-lead">{lead}</p>}
      {hint && <p class="state-hint">{hint}</p>}
      {children && <div class="row state-actions">{children}</div>}
    </section>
  );
}

/** Says why there is nothing to see in a state in which the courtroom rests; null while it does not. */
export function PauseCard({ view }: { view: HearingView }) {
  const c = text().party.cards;
  switch (view.state) {
    case "adjourned":
      return (
        <StateCard
          icon="clock"
          title={c.recess}
          lead={view.resume_utc_ms ? c.recessUntil(wallTime(view.resume_utc_ms, "minute")) : c.recessOpen}
          hint={c.recessHint}
        />
      );
    case "deliberating":
      return <StateCard icon="people" title={c.deliberating} hint={c.recessHint} />;
    case "suspended":
      return <StateCard icon="network" title={c.suspended} hint={c.suspendedHint} />;
    default:
      return null;
  }
}

/** Says how the hearing ended; null while it has not. */
export function EndCard({ view, children }: { view: HearingView; children?: ComponentChildren }) {
  const c = text().party.cards;
  switch (view.state) {
    case "closed":
    case "transcript_review":
    case "signed":
    case "sealed":
      return (
        <StateCard icon="gavel" title={c.closed} lead={c.recorded} hint={c.closedHint}>
          {children}
        </StateCard>
      );
    case "cancelled":
      return (
        <StateCard icon="doc" title={c.cancelled} hint={c.offlineHint}>
          {children}
        </StateCard>
      );
    case "converted_offline":
      return (
        <StateCard icon="doc" title={c.offline} hint={c.offlineHint}>
          {children}
        </StateCard>
      );
    default:
      return null;
  }
}

const OVER = new Set(["closed", "transcript_review", "signed", "sealed", "cancelled", "converted_offline"]);

export function isOver(view: HearingView): boolean {
  return OVER.has(view.state);
}
