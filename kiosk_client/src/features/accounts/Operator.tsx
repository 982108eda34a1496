import { useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import type { Staff } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { CopyButton, Tabs } from "../../ui/index.ts";
import { fingerprintGroups } from "../exports/preflight.ts";
import { Accounts } from "./Accounts.tsx";
import { Devices } from "./Devices.tsx";
import { NodeLoad } from "./NodeLoad.tsx";
import { StaffBar } from "./StaffBar.tsx";

type Tab = "accounts" | "devices" | "court";

/** The operator's screen: who may sign in, which devices may connect, what the court publishes about itself. */
export function Operator({ staff, court }: { staff: Staff; court: CourtCard }) {
  const t = courtText().staff.operator;
  const [tab, setTab] = useState<Tab>("accounts");
  return (
    <>
      <StaffBar court={court.court} title={t.title} staff={staff} />
      <main class="desk">
        <NodeLoad />
        <Tabs
          label={t.title}
          value={tab}
          onChange={setTab}
          tabs={[
            { value: "accounts", label: t.accounts },
            { value: "devices", label: t.devices },
            { value: "court", label: t.court },
          ]}
        >
          {tab === "accounts" && <Accounts me={staff.account} zone={court.time_zone} />}
          {tab === "devices" && <Devices court={court.court} />}
          {tab === "court" && <CourtFacts court={court} />}
        </Tabs>
      </main>
    </>
  );
}

export function Fingerprint({ hex }: { hex: string }) {
  const groups = fingerprintGroups(hex);
  return (
    <span class="hash">
      {groups.map((group, index) => (
        <span key={index}>{group} </span>
      ))}
    </span>
  );
}

function CourtFacts({ court }: { court: CourtCard }) {
  const { staff, court: words } = courtText();
  const t = staff.operator;
  return (
    <section class="panel panel-body" aria-label={t.court}>
      <dl class="facts">
        <dt>{t.court}</dt>
        <dd>{court.court}</dd>
        <dt>{t.fingerprint}</dt>
        <dd class="stack">
          <Fingerprint hex={court.key_fingerprint} />
          <p class="soft small">{t.fingerprintHint}</p>
          <div>
            <CopyButton value={court.key_fingerprint} label={words.copy} copied={words.copied} />
          </div>
        </dd>
        <dt>{t.verifier}</dt>
        <dd>
          <Fingerprint hex={court.verifier_sha256} />
        </dd>
        <dt>{t.ballotVerifier}</dt>
        <dd>
          <Fingerprint hex={court.ballot_verifier_sha256} />
        </dd>
        <dt>{t.zone}</dt>
        <dd>{court.time_zone}</dd>
        <dt>{t.version}</dt>
        <dd class="digits">{court.version}</dd>
      </dl>
    </section>
  );
}
