import { useState } from "preact/hooks";
import type { Act, ActName, Console, ConsoleApi, PendingAct } from "../../protocol/console.ts";
import { serverMs } from "../../protocol/serverTime.ts";
import { consoleText } from "../../text/console.ts";
import { Button, Clock, duration, Field, Notice, wallTime } from "../../ui/index.ts";
import { Ask, failureText, Unfit } from "../order/Ask.tsx";
import { sameAct } from "./steps.ts";

const MINUTE_MS = 60_000;
const MOST_MINUTES = 43_200;
const USUAL = { open: "30", extend: "10" } as const;

interface AskProps {
  api: ConsoleApi;
  act: ActName;
  motion: { motion: string; round: number; title: string; closes_utc_ms: number | null } | null;
  onConsole: (console: Console) => void;
  onClose: () => void;
}

/** The first of the two asks: what will follow, and that another has to confirm. */
export function ActDialog({ api, act, motion, onConsole, onClose }: AskProps) {
  const t = consoleText();
  const timed = act === "open" || act === "extend";
  const [minutes, setMinutes] = useState<string>(timed ? USUAL[act] : "");
  async function send() {
    const body: Act = { act, motion: motion?.motion ?? null, round: motion?.round ?? 1, closes_utc_ms: null };
    if (timed) {
      const count = Number(minutes);
      if (!Number.isInteger(count) || count < 1 || count > MOST_MINUTES) throw new Unfit(t.minutesWrong);
      const from = act === "extend" ? Math.max(motion?.closes_utc_ms ?? 0, serverMs()) : serverMs();
      body.closes_utc_ms = from + count * MINUTE_MS;
    }
    onConsole((await api.act(body)).console);
  }
  const name = act === "open" && motion?.round === 2 ? t.acts.second : t.acts[act];
  return (
    <Ask title={name} yes={act === "count" ? name : t.send} onYes={send} onClose={onClose}>
      {motion && <p class="act-motion">{motion.title}</p>}
      <p>{t.effects[act]}</p>
      {timed && (
        <Field
          label={act === "open" ? t.minutes : t.more}
          value={minutes}
          onInput={setMinutes}
          inputMode="numeric"
          maxLength={5}
        />
      )}
      {act !== "count" && <Notice>{t.two}</Notice>}
    </Ask>
  );
}

interface PendingProps {
  api: ConsoleApi;
  account: string;
  zone: string;
  pending: PendingAct;
  onConsole: (console: Console) => void;
}

/** Who waits for whom, how long, and the button of whoever may act on it. */
export function PendingNote({ api, account, zone, pending, onConsole }: PendingProps) {
  const t = consoleText();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const mine = pending.by === account;
  const name = t.acts[pending.act];
  async function act() {
    setBusy(true);
    setProblem(null);
    try {
      const same = sameAct(pending);
      onConsole(mine ? await api.withdraw(same) : (await api.act(same)).console);
    } catch (cause) {
      setProblem(failureText(cause));
    }
    setBusy(false);
  }
  return (
    <Notice
      tone="warn"
      title={mine ? t.pending.mine(name) : t.pending.theirs(name, pending.by_name)}
      actions={
        <Button kind={mine ? "plain" : "primary"} disabled={busy} onClick={() => void act()}>
          {mine ? t.pending.withdraw : t.pending.confirm(name)}
        </Button>
      }
    >
      {!mine && <p>{t.effects[pending.act]}</p>}
      <p>
        {pending.closes_utc_ms !== null && `${t.pending.until(wallTime(pending.closes_utc_ms, "full", zone))} · `}
        <Clock
          now={serverMs}
          show={(ms) => t.pending.left(duration(pending.until_utc_ms - ms).slice(3))}
          label={t.pending.left("")}
        />
      </p>
      {problem && <p class="field-error">{problem}</p>}
    </Notice>
  );
}
