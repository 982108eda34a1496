import type { State } from "../../protocol/messages.ts";
import { text } from "../../text/index.ts";

const TONES: Partial<Record<State, string>> = {
  waiting: "tag-info",
  in_session: "tag-live",
  adjourned: "tag-warn",
  closed_evidence: "tag-warn",
  off_record_mediation: "tag-warn",
  deliberating: "tag-warn",
  suspended: "tag-bad",
  closed: "tag-ok",
  sealed: "tag-ok",
  signed: "tag-ok",
  cancelled: "tag-bad",
};

/** State of a session in words; the tint only helps. */
export function StateTag({ state }: { state: State }) {
  return <span class={`tag ${TONES[state] ?? ""}`}>{text().common.states[state]}</span>;
}
