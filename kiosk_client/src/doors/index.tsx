import { useEffect, useState } from "preact/hooks";
import { PreferenceButtons } from "../features/hearing/Preferences.tsx";
import { api, type CourtCard } from "../protocol/api.ts";
import { text } from "../text/index.ts";
import { Brand, Icon, type IconName, Notice } from "../ui/index.ts";
import "./index.css";
import { openDoor } from "./open.tsx";

function Door({
  href,
  icon,
  name,
  hint,
  main,
}: {
  href: string;
  icon: IconName;
  name: string;
  hint: string;
  main?: boolean;
}) {
  return (
    <a class={`door${main ? " door-main" : ""}`} href={href}>
      <span class="door-icon">
        <Icon name={icon} />
      </span>
      <span class="door-words">
        <strong>{name}</strong>
        <span>{hint}</span>
      </span>
      <Icon name="arrow" />
    </a>
  );
}

function Doors() {
  const t = text();
  const d = t.party.doors;
  const [court, setCourt] = useState<CourtCard | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    api.court().then(setCourt, () => setFailed(true));
  }, []);
  return (
    <div class="doors">
      <header class="doors-head">
        <div class="doors-bar">
          <span class="grow" />
          <PreferenceButtons />
        </div>
        <Brand court={court?.court ?? t.common.product} big sub={t.common.productFull} />
        <h1>{d.title}</h1>
      </header>
      <main class="doors-main">
        {failed && (
          <Notice tone="bad" urgent>
            {t.common.errors.offline}
          </Notice>
        )}
        <nav class="doors-list" aria-label={d.lead}>
          <Door href="/join" icon="people" name={d.join} hint={d.joinHint} main />
          <Door href="/judge" icon="gavel" name={d.judge} hint={d.judgeHint} />
          <Door href="/clerk" icon="doc" name={d.clerk} hint={d.clerkHint} />
          <Door href="/kiosk" icon="screen" name={d.kiosk} hint={d.kioskHint} />
        </nav>
      </main>
      <footer class="doors-foot small">
        <p>{d.foot}</p>
        {court && (
          <p>
            {d.key} <span class="digits">{court.key_fingerprint}</span>
            <br />
            {d.verifier} <span class="digits">{court.verifier_sha256}</span>
            <br />
            {d.ballotVerifier} <span class="digits">{court.ballot_verifier_sha256}</span>
          </p>
        )}
      </footer>
    </div>
  );
}

openDoor("index", <Doors />);
