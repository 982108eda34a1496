import type { IncidentRow } from "../../protocol/seal.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Ask } from "../order/Ask.tsx";
import { signedIncident } from "./sign.ts";

interface Props {
  hearing: Hearing;
  incident: IncidentRow;
  onClose: () => void;
}

/** The presiding judge reads the statement once more and signs this very text. */
export function SignIncident({ hearing, incident, onClose }: Props) {
  const t = courtText().seal;
  return (
    <Ask
      title={t.signTitle}
      yes={t.sign}
      onYes={async () => {
        const { me, hearing: court } = hearing.state.value;
        await hearing.do(
          await signedIncident({
            incident: incident.incident,
            participant: me,
            session: court?.session ?? "",
            signed_utc_ms: Math.round(hearing.now()),
            statement_sha256: incident.statement_sha256,
          }),
        );
      }}
      onClose={onClose}
    >
      <p>{t.signText}</p>
      <blockquote class="seal-statement">{incident.statement}</blockquote>
    </Ask>
  );
}
