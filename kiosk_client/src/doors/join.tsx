import { useEffect, useState } from "preact/hooks";
import { Consent } from "../features/entry/Consent.tsx";
import { DeviceCheck, type Ready } from "../features/entry/DeviceCheck.tsx";
import { EntryFrame } from "../features/entry/EntryFrame.tsx";
import { Keypad } from "../features/entry/Keypad.tsx";
import { Who } from "../features/entry/Who.tsx";
import { StateCard } from "../features/party/Cards.tsx";
import { PartyRoom } from "../features/party/PartyRoom.tsx";
import { openDevices } from "../media/devices.ts";
import { ApiError, api, type Invitation } from "../protocol/api.ts";
import { text } from "../text/index.ts";
import { Button } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

type Step =
  | { at: "code" }
  | { at: "opening"; code: string }
  | { at: "refused"; code: string; error: ApiError }
  | { at: "who" | "notice" | "devices"; invitation: Invitation }
  | { at: "room"; invitation: Invitation; ready: Ready };

const codeInPath = decodeURIComponent(location.pathname.replace(/^\/join\/?/, ""));

function keepName(code: string): string {
  return `yunting.resume.${code}`;
}

/** A reload in mid-hearing goes straight back in: consent and device check were a minute ago. */
async function cameBack(invitation: Invitation): Promise<Ready | null> {
  if (!invitation.consented || !sessionStorage.getItem(keepName(invitation.code))) return null;
  const { video, audio } = await openDevices({ video: true, audio: true });
  return { video, audio, kit: null };
}

function Join() {
  const t = text();
  const [step, setStep] = useState<Step>(codeInPath ? { at: "opening", code: codeInPath } : { at: "code" });
  const [digits, setDigits] = useState("");
  const code = step.at === "opening" ? step.code : null;

  useEffect(() => {
    if (code === null) return;
    let gone = false;
    api.openInvitation(code).then(
      async (invitation) => {
        const back = await cameBack(invitation);
        if (gone) return;
        setStep(back ? { at: "room", invitation, ready: back } : { at: "who", invitation });
      },
      (cause) => {
        if (gone) return;
        const { unexpected } = text().common.errors;
        setStep({
          at: "refused",
          code,
          error: cause instanceof ApiError ? cause : new ApiError("unexpected", 0, unexpected, unexpected),
        });
      },
    );
    return () => {
      gone = true;
    };
  }, [code]);

  switch (step.at) {
    case "code":
      return (
        <EntryFrame court={t.common.product} title={t.party.code.title}>
          <Keypad value={digits} onChange={setDigits} onDone={() => setStep({ at: "opening", code: digits })} />
        </EntryFrame>
      );
    case "opening":
      return (
        <EntryFrame court={t.common.product}>
          <p class="party-empty" role="status">
            {t.common.loading}
          </p>
        </EntryFrame>
      );
    case "refused":
      return (
        <EntryFrame court={t.common.product}>
          <StateCard
            icon={step.error.code === "offline" ? "network" : "doc"}
            title={t.party.cards.failed}
            lead={step.error.shown}
            hint={step.error.incident ? t.common.errors.incident(step.error.incident) : undefined}
            tone="bad"
          >
            <Button onClick={() => setStep({ at: "opening", code: step.code })}>{t.common.retry}</Button>
            <Button
              onClick={() => {
                setDigits("");
                setStep({ at: "code" });
              }}
            >
              {t.party.code.title}
            </Button>
          </StateCard>
        </EntryFrame>
      );
    case "who": {
      const { invitation } = step;
      return (
        <Who
          invitation={invitation}
          onConfirm={() => setStep({ at: invitation.consented ? "devices" : "notice", invitation })}
        />
      );
    }
    case "notice": {
      const invitation = { ...step.invitation, consented: true };
      return <Consent invitation={step.invitation} onConsented={() => setStep({ at: "devices", invitation })} />;
    }
    case "devices":
      return (
        <DeviceCheck
          court={step.invitation.court}
          onReady={(ready) => setStep({ at: "room", invitation: step.invitation, ready })}
        />
      );
    case "room": {
      const { invitation, ready } = step;
      return (
        <PartyRoom
          code={invitation.code}
          ready={ready}
          keep={keepName(invitation.code)}
          flip
          exitWord={t.party.cards.back}
          onExit={() => setStep({ at: "opening", code: invitation.code })}
        />
      );
    }
  }
}

openDoor("join", <Join />);
