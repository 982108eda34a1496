import type { Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Notice, wallTime } from "../../ui/index.ts";
import { saveJson } from "./names.ts";

/** A failed check, above everything and not to be dismissed. */
export function TrustBanner({ meeting }: { meeting: Meeting }) {
  const t = meetingText().trust;
  const trust = meeting.watch.trust.value;
  if (trust.at !== "failed") return null;
  const { breach } = trust;
  return (
    <div class="trust-failed">
      <Notice
        tone="bad"
        urgent
        title={t.title}
        actions={
          <Button kind="danger" onClick={() => saveJson("yunting-evidence.json", breach)}>
            {t.save}
          </Button>
        }
      >
        <p>{t.failures[breach.failure]}</p>
        <p>{t.lead}</p>
      </Notice>
    </div>
  );
}

/** What was checked by itself, small. */
export function TrustLine({ meeting }: { meeting: Meeting }) {
  const t = meetingText().trust;
  const trust = meeting.watch.trust.value;
  if (trust.at === "unable") return <p class="trust-line soft small">{t.unable}</p>;
  if (trust.at !== "checked") return null;
  const { head, compared } = trust;
  return (
    <p class="trust-line soft small">
      {t.checked(head.size, wallTime(head.utc_ms, "time"))}
      {compared && t.compared}
    </p>
  );
}
