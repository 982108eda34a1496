import { useState } from "preact/hooks";
import type { IncidentRow } from "../../protocol/seal.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Button, duration, TextArea, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { SignIncident } from "./SignIncident.tsx";

interface Props {
  incidents: readonly IncidentRow[];
  hearing: Hearing | null;
  zone: string;
  /** The clerk's. */
  mayWrite?: boolean;
  /** The presiding judge's. */
  maySign?: boolean;
}

/** Every failure of the recorder with its statement: the clerk writes, the presiding judge signs. */
export function Incidents({ incidents, hearing, zone, mayWrite, maySign }: Props) {
  const t = courtText().seal;
  return (
    <div class="stack">
      <h3>{t.incidents(incidents.length)}</h3>
      <p class="soft small">{t.incidentsHint}</p>
      {incidents.map((one) => (
        <Incident
          key={one.incident}
          one={one}
          hearing={hearing}
          zone={zone}
          mayWrite={mayWrite && !one.signed_by}
          maySign={maySign && one.statement !== "" && !one.signed_by}
        />
      ))}
    </div>
  );
}

interface IncidentProps extends Omit<Props, "incidents"> {
  one: IncidentRow;
}

function Incident({ one, hearing, zone, mayWrite, maySign }: IncidentProps) {
  const t = courtText().seal;
  const [written, setWritten] = useState(one.statement);
  const [told, setTold] = useState<{ bad: boolean; words: string } | null>(null);
  const [signing, setSigning] = useState(false);
  const signer = hearing ? person(hearing.state.value, one.signed_by) : null;
  const save = () =>
    void hearing?.do({ do: "incident_explain", incident: one.incident, text: written.trim() }).then(
      () => setTold({ bad: false, words: t.saved }),
      (cause: unknown) => setTold({ bad: true, words: failureText(cause) }),
    );
  const state = one.signed_by ? null : one.statement ? t.waitsJudge : t.waits;
  return (
    <article class="seal-incident" data-incident={one.incident}>
      <header class="row">
        <strong class="grow">{either(one.cause_zh, one.cause_en)}</strong>
        {state && <span class="tag tag-warn">{state}</span>}
        {one.signed_by && (
          <span class="tag tag-ok">
            {t.signedBy(signer?.seat.name ?? "", wallTime(one.signed_utc_ms, "full", zone))}
          </span>
        )}
      </header>
      <p class="soft">
        {t.span(duration(one.from_ms), one.to_ms === null ? t.toEnd : duration(one.to_ms))}
        {one.detail && ` · ${one.detail}`}
      </p>
      {mayWrite ? (
        <>
          <TextArea
            label={t.statement}
            hint={t.statementHint}
            value={written}
            onInput={setWritten}
            maxLength={2000}
          />
          <div class="row">
            <Button disabled={written.trim() === "" || written.trim() === one.statement} onClick={save}>
              {t.save}
            </Button>
            {told && (
              <span class={told.bad ? "field-error" : "soft"} role="status">
                {told.words}
              </span>
            )}
          </div>
        </>
      ) : (
        one.statement && <blockquote class="seal-statement">{one.statement}</blockquote>
      )}
      {maySign && hearing && (
        <div>
          <Button kind="primary" onClick={() => setSigning(true)}>
            {t.sign}
          </Button>
        </div>
      )}
      {signing && hearing && <SignIncident hearing={hearing} incident={one} onClose={() => setSigning(false)} />}
    </article>
  );
}
