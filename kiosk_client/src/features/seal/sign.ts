import type { SignIncidentCommand } from "../../protocol/messages.ts";
import { p256 } from "../review/sign.ts";

export interface SignedStatement {
  incident: number;
  participant: string;
  session: string;
  signed_utc_ms: number;
  statement_sha256: string;
}

/** The bytes that are signed: JSON with its keys in order, as `hearing.signing.incident_statement` makes it. */
export function incidentStatement(said: SignedStatement): string {
  const { incident, participant, session, signed_utc_ms, statement_sha256 } = said;
  return JSON.stringify({ incident, participant, session, signed_utc_ms, statement_sha256 });
}

/** Signs with a key made for this once. */
export async function signedIncident(said: SignedStatement): Promise<SignIncidentCommand> {
  const { incident, statement_sha256, signed_utc_ms } = said;
  const { signature, public_key } = await p256(incidentStatement(said));
  return { do: "incident_sign", incident, statement_sha256, signed_utc_ms, signature, public_key };
}
