import { useCallback, useEffect, useState } from "preact/hooks";
import { Consent } from "../features/entry/Consent.tsx";
import { DeviceCheck, type Ready } from "../features/entry/DeviceCheck.tsx";
import { EntryFrame } from "../features/entry/EntryFrame.tsx";
import { Keypad } from "../features/entry/Keypad.tsx";
import { Who } from "../features/entry/Who.tsx";
import { Attract, Modes, useReach } from "../features/kiosk/Attract.tsx";
import { Idle } from "../features/kiosk/Idle.tsx";
import { wipe } from "../features/kiosk/wipe.ts";
import { StateCard } from "../features/party/Cards.tsx";
import { PartyRoom } from "../features/party/PartyRoom.tsx";
import { ApiError, api, type Invitation } from "../protocol/api.ts";
import { text } from "../text/index.ts";
import { Button } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

type Step =
  | { at: "attract" | "modes" | "code" | "wiped" }
  | { at: "who" | "notice" | "devices"; invitation: Invitation }
  | { at: "room"; invitation: Invitation; ready: Ready };

const GOODBYE_MS = 4_000;
/** Steps that nobody may walk away from; a hearing is never ended by silence. */
const WATCHED = new Set<Step["at"]>(["modes", "code", "who", "notice", "devices"]);

function Kiosk() {
  const t = text();
  const k = t.party.kiosk;
  const reach = useReach();
  const [step, setStep] = useState<Step>({ at: "attract" });
  const [digits, setDigits] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  // Leaving a step unmounts it, and with it stops cameras and closes connections; then the traces go.
  const finish = useCallback(() => {
    setDigits("");
    setError(null);
    setStep({ at: "wiped" });
    wipe().catch(console.error);
  }, []);
  useEffect(() => {
    if (step.at !== "wiped") return;
    const timer = setTimeout(() => setStep({ at: "attract" }), GOODBYE_MS);
    return () => clearTimeout(timer);
  }, [step.at]);

  const open = async () => {
    setBusy(true);
    setError(null);
    try {
      setStep({ at: "who", invitation: await api.openInvitation(digits) });
    } catch (cause) {
      setError(cause instanceof ApiError ? cause.shown : t.common.errors.unexpected);
      setDigits("");
    } finally {
      setBusy(false);
    }
  };
  const corner = (
    <Button kind="quiet" icon="leave" class="kiosk-out" onClick={finish}>
      {k.finish}
    </Button>
  );

  return (
    <>
      {screen()}
      {WATCHED.has(step.at) && <Idle key={step.at} onOver={finish} />}
    </>
  );

  function screen() {
    switch (step.at) {
      case "attract":
        return <Attract reach={reach} onStart={() => setStep({ at: "modes" })} />;
      case "modes":
        return <Modes onChosen={() => setStep({ at: "code" })} onBack={() => setStep({ at: "attract" })} />;
      case "wiped":
        return <StateCard icon="check" title={k.finish} lead={k.wiped} />;
      case "code":
        return (
          <EntryFrame court={reach.court?.court ?? t.common.product} title={t.party.code.title} corner={corner}>
            <div class="kiosk-code">
              <Keypad
                value={digits}
                busy={busy}
                error={reach.online ? error : k.offline}
                onChange={(next) => {
                  setError(null);
                  setDigits(next);
                }}
                onDone={() => void open()}
              />
            </div>
          </EntryFrame>
        );
      case "who": {
        const { invitation } = step;
        return (
          <Who
            invitation={invitation}
            corner={corner}
            onConfirm={() => setStep({ at: invitation.consented ? "devices" : "notice", invitation })}
          />
        );
      }
      case "notice":
        return (
          <Consent
            invitation={step.invitation}
            corner={corner}
            onConsented={() => setStep({ at: "devices", invitation: step.invitation })}
          />
        );
      case "devices":
        return (
          <DeviceCheck
            court={step.invitation.court}
            title={k.selfTest}
            corner={corner}
            onReady={(ready) => setStep({ at: "room", invitation: step.invitation, ready })}
          />
        );
      case "room":
        return (
          <PartyRoom
            code={step.invitation.code}
            ready={step.ready}
            bar="full"
            exitWord={k.finish}
            onExit={finish}
            atEnd={<Idle onOver={finish} />}
          />
        );
    }
  }
}

openDoor("kiosk", <Kiosk />, { remember: false });
