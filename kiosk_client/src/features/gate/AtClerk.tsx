import type { GateView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { either, text } from "../../text/index.ts";
import { Notice, VideoTile, wallTime } from "../../ui/index.ts";
import { StateCard } from "../party/Cards.tsx";
import { GateFrame } from "./GateFrame.tsx";
import { Withdraw } from "./Withdraw.tsx";

interface Props {
  view: GateView;
  hearing: Hearing;
  media: HearingMedia;
}

/** The clerk decides: what is going on, why, and what the clerk says. */
export function AtClerk({ view, hearing, media }: Props) {
  const { wait: t, face } = text().gate;
  const note = hearing.state.value.gate_note;
  const why = view.reason ? either(view.reason_zh, view.reason_en) : null;
  const refused = view.stage === "refused";
  const title = { review: t.review, clerk: t.clerk, locked: t.locked, refused: t.refused }[view.stage as "review"];
  const lead = {
    review: t.reviewLead,
    clerk: t.clerkLead,
    locked: t.lockedLead(view.locked_until_utc_ms ? wallTime(view.locked_until_utc_ms, "minute") : ""),
    refused: t.refusedLead,
  }[view.stage as "review"];
  return (
    <GateFrame>
      <StateCard icon={refused ? "warn" : "clock"} title={title} lead={why ?? undefined} hint={lead} />
      {note && (
        <Notice tone={note.call ? "warn" : "info"} urgent title={note.call ? t.call : t.note}>
          {note.text}
        </Notice>
      )}
      {!refused && view.consent === "given" && (
        <div class="gate-mirror gate-mirror-small">
          <VideoTile stream={media.ownStream.value} label={face.self} placeholder={face.noCamera} mirrored />
        </div>
      )}
      <div class="gate-withdraw">
        <Withdraw hearing={hearing} />
      </div>
    </GateFrame>
  );
}
