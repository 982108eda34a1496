import { useEffect, useState } from "preact/hooks";
import { gate, HOME, nextDoor, openGate, signOut } from "../features/accounts/gate.ts";
import { Operator } from "../features/accounts/Operator.tsx";
import { PasswordForm } from "../features/accounts/PasswordForm.tsx";
import { SignIn } from "../features/accounts/SignIn.tsx";
import { PreferenceButtons } from "../features/hearing/Preferences.tsx";
import { failureText } from "../features/order/Ask.tsx";
import { api } from "../protocol/api.ts";
import { courtText } from "../text/court.ts";
import { text } from "../text/index.ts";
import { Brand, Button, Emblem, Notice, Progress } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

function Page() {
  const [court, setCourt] = useState("");
  const t = courtText().staff;
  useEffect(() => {
    void openGate();
    // The court's name is a courtesy here; signing in works without it.
    api.court().then(
      (card) => setCourt(card.court),
      () => setCourt(""),
    );
  }, []);
  const now = gate.value;
  const home = now.at === "in" && !now.staff.must_change_password ? nextDoor(location.search, now.staff.role) : null;
  const away = home !== null && home !== HOME.operator ? home : null;
  useEffect(() => {
    if (away) location.replace(away);
  }, [away]);

  if (now.at === "in" && !now.staff.must_change_password && !away)
    return <Operator staff={now.staff} court={now.court} />;

  const waiting = now.at === "loading" || away !== null;
  return (
    <div class="sign">
      <aside class="sign-house">
        <div class="sign-crest" aria-hidden="true">
          <Emblem />
        </div>
        <Brand court={court || text().common.productFull} sub={text().common.productFull} big />
        <div class="sign-words">
          <p>{t.signIn.motto}</p>
          <p>{t.signIn.mottoSub}</p>
        </div>
        <p class="sign-foot">{t.signIn.notice}</p>
      </aside>
      <main class="sign-desk">
        <PreferenceButtons words />
        <div class="sign-form">
          {now.at === "out" && <SignIn onDone={() => void openGate()} />}
          {now.at === "in" && now.staff.must_change_password && (
            <PasswordForm must onDone={() => void openGate()} onCancel={() => void signOut()} />
          )}
          {now.at === "failed" && (
            <Notice
              tone="bad"
              urgent
              actions={<Button onClick={() => void openGate()}>{text().common.retry}</Button>}
            >
              {failureText(now.cause)}
            </Notice>
          )}
          {waiting && <Progress label={text().common.loading} />}
        </div>
        <p class="sign-party">
          {t.signIn.party} <a href="/">{t.signIn.home}</a>
        </p>
      </main>
    </div>
  );
}

openDoor("signin", <Page />);
