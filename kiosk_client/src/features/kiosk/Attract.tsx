import { useEffect, useState } from "preact/hooks";
import { type CourtCard, call } from "../../protocol/api.ts";
import { language, type TypeSize, typeSize } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { Button, Emblem, Icon, wallTime } from "../../ui/index.ts";
import "./kiosk.css";

export interface Reach {
  court: CourtCard | null;
  online: boolean;
}

const LOOK_EVERY_MS = 10_000;

/** Whether the court's server answers, asked every ten seconds. */
export function useReach(): Reach {
  const [reach, setReach] = useState<Reach>({ court: null, online: true });
  useEffect(() => {
    let gone = false;
    const look = () =>
      call<CourtCard>("court").then(
        (court) => !gone && setReach({ court, online: true }),
        () => !gone && setReach((before) => ({ ...before, online: false })),
      );
    void look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, []);
  return reach;
}

/** The screen that waits for somebody: court, clock, one thing to do. The whole screen is the button. */
export function Attract({ reach, onStart }: { reach: Reach; onStart: () => void }) {
  const t = text();
  const k = t.party.kiosk;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <button type="button" class="attract" onClick={onStart} disabled={!reach.online}>
      <span class="attract-top digits">{wallTime(now, "full").slice(0, 16)}</span>
      <span class="attract-mark" data-slot="emblem">
        <Emblem />
      </span>
      <span class="attract-court">{reach.court?.court ?? t.common.product}</span>
      <span class="attract-name">{k.name}</span>
      <span class="attract-lead">{k.lead}</span>
      <span class="attract-touch">
        {reach.online ? k.touch : k.offline}
        {!reach.online && <small>{k.offlineHint}</small>}
      </span>
      <span class="attract-foot">{t.common.productFull}　24h</span>
    </button>
  );
}

const MODES: readonly TypeSize[] = ["normal", "elder"];

/** Language and size before anything has to be read. */
export function Modes({ onChosen, onBack }: { onChosen: () => void; onBack: () => void }) {
  const t = text();
  const k = t.party.kiosk;
  return (
    <div class="modes">
      <h1>{k.choose}</h1>
      <div class="modes-languages">
        <Button big pressed={language.value === "zh-CN"} onClick={() => (language.value = "zh-CN")}>
          中文
        </Button>
        <Button big pressed={language.value === "en"} onClick={() => (language.value = "en")}>
          English
        </Button>
      </div>
      {MODES.map((size) => (
        <button
          key={size}
          type="button"
          class={`mode mode-${size}`}
          onClick={() => {
            typeSize.value = size;
            onChosen();
          }}
        >
          <span class="mode-sample" aria-hidden="true">
            {language.value === "en" ? "Aa" : "字"}
          </span>
          <span class="mode-words">
            <strong>{size === "elder" ? k.elder : k.normal}</strong>
            <span>{size === "elder" ? k.elderHint : k.normalHint}</span>
          </span>
          <Icon name="arrow" />
        </button>
      ))}
      <Button kind="quiet" icon="back" onClick={onBack}>
        {t.common.back}
      </Button>
    </div>
  );
}
