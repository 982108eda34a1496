import { useState } from "preact/hooks";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Notice } from "../../ui/index.ts";
import { Incidents } from "./Incidents.tsx";
import { useSeal } from "./useSeal.ts";
import "./seal.css";

interface Props {
  session: string;
  hearing: Hearing;
  zone: string;
}

/** On the presiding judge's page: statements on incidents that wait for a signature. */
export function JudgesIncidents({ session, hearing, zone }: Props) {
  const t = courtText().seal;
  const { view } = useSeal(session, hearing);
  const [open, setOpen] = useState(false);
  const waiting = view?.incidents.filter((one) => one.statement && !one.signed_by) ?? [];
  if (waiting.length === 0) return null;
  return (
    <div class="seal-judge">
      <Notice tone="warn" actions={!open && <Button onClick={() => setOpen(true)}>{t.read}</Button>}>
        {t.judgeNotice(waiting.length)}
      </Notice>
      {open && <Incidents incidents={waiting} hearing={hearing} zone={zone} maySign />}
    </div>
  );
}
