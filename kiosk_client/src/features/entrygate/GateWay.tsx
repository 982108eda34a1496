import { text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button } from "../../ui/index.ts";
import { EntryFrame } from "../entry/EntryFrame.tsx";
import { cameThrough, keepWay } from "./back.ts";

export const passedGate = cameThrough;

/** Remembers how to come back from the gate. */
export function toGate(code: string, number_end: string): void {
  keepWay(code, { back: location.href, number_end });
}

/** The court wants to see who signs in: what comes, and the way there. */
export function GateWay({ code }: { code: string }) {
  const t = meetingText().gateway;
  return (
    <EntryFrame court={text().common.product} title={t.title} lead={t.lead}>
      <div class="card stack">
        <p>{t.hint}</p>
        <Button
          kind="primary"
          big
          wide
          icon="camera"
          onClick={() => location.assign(`/join/${encodeURIComponent(code)}`)}
        >
          {t.go}
        </Button>
      </div>
    </EntryFrame>
  );
}
