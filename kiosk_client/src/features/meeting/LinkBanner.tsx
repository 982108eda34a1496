import { useEffect, useState } from "preact/hooks";
import type { Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Banner, Button } from "../../ui/index.ts";

/** A blink of the network is not worth a word. */
const PATIENCE_MS = 800;

/** While the connection is away: that it comes back by itself, when, and that votes are safe. */
export function LinkBanner({ meeting }: { meeting: Meeting }) {
  const t = meetingText().link;
  const link = meeting.link.value;
  const away = link.at === "waiting" || (link.at === "connecting" && link.attempt > 0);
  const [shown, setShown] = useState(false);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!away) return setShown(false);
    const patience = setTimeout(() => setShown(true), PATIENCE_MS);
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => {
      clearTimeout(patience);
      clearInterval(timer);
    };
  }, [away]);
  if (!away || !shown) return null;
  const seconds = link.at === "waiting" ? Math.ceil((link.retry_at_ms - now) / 1_000) : 0;
  return (
    <div class="meeting-away">
      <Banner tone="warn" actions={<Button onClick={() => meeting.retryNow()}>{t.now}</Button>}>
        {t.away}
        {seconds > 0 && <span aria-hidden="true"> {t.in(seconds)}</span>}
      </Banner>
    </div>
  );
}
