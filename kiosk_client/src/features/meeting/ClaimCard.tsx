import type { Mine } from "../../protocol/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { yuan } from "./money.ts";
import { groupName } from "./names.ts";

/** What one's vote weighs: the claim in each group, and for how many others one acts. */
export function ClaimCard({ mine }: { mine: Mine }) {
  const t = meetingText().claim;
  return (
    <section class="card claim" aria-labelledby="claim-title">
      <h2 id="claim-title">{t.title}</h2>
      <p class="soft">{meetingText().hello(mine.name)}</p>
      {mine.claims.length === 0 && <p>{t.none}</p>}
      {mine.claims.map((claim) => (
        <div key={claim.group} class="claim-group">
          <p class="claim-head">
            <strong>{groupName(claim.group)}</strong>
            <span class={`tag ${claim.provisional ? "tag-provisional" : "tag-confirmed"}`}>
              {claim.provisional ? t.provisional : t.confirmed}
            </span>
          </p>
          <p class="claim-amount digits">
            <span class="only-read">{t.amount}</span>
            {yuan(claim.amount_fen)}
          </p>
          {claim.secured_fen > 0 && <p class="soft small">{t.secured(yuan(claim.secured_fen))}</p>}
        </div>
      ))}
      {mine.principals.length > 0 && (
        <details class="claim-principals">
          <summary>{t.principals(mine.principals.length)}</summary>
          <ul>
            {mine.principals.map((principal) => (
              <li key={principal.mandate}>{principal.name}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
