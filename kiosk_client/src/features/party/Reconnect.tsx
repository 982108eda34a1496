import { useEffect, useState } from "preact/hooks";
import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";
import { Button, Icon } from "../../ui/index.ts";

/** A blink of the network is not worth a curtain. */
const PATIENCE_MS = 800;

/** Over everything while the connection is away: what happens, when it tries again, and that it is excused. */
export function Reconnect({ hearing }: { hearing: Hearing }) {
  const t = text().party.reconnect;
  const link = hearing.link.value;
  const away = link.at === "waiting" || (link.at === "connecting" && link.attempt > 0);
  const [shown, setShown] = useState(false);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!away) return setShown(false);
    const patience = setTimeout(() => setShown(true), PATIENCE_MS);
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => {
      clearTimeout(patience);
      clearInterval(timer);
    };
  }, [away]);
  if (!away || !shown) return null;
  const seconds = link.at === "waiting" ? Math.max(0, Math.ceil((link.retry_at_ms - now) / 1000)) : 0;
  return (
    <div class="curtain" role="alertdialog" aria-label={t.title} aria-live="assertive">
      <span class="curtain-sign">
        <Icon name="network" />
      </span>
      <h2>{t.title}</h2>
      <p>{t.lead}</p>
      <p class="curtain-count digits">{seconds > 0 ? t.in(seconds) : t.trying}</p>
      <Button onClick={() => hearing.socket.retryNow()}>{t.now}</Button>
      <p class="small curtain-note">{t.note}</p>
    </div>
  );
}
