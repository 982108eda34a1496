import { useEffect, useState } from "preact/hooks";
import type { Move } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Icon, wallTime } from "../../ui/index.ts";
import { Ask } from "../order/Ask.tsx";
import { act } from "./act.ts";
import { type MoveButton, moveButtons, resumeProposals } from "./moves.ts";
import { missingPeople, missingReason, strike } from "./open.ts";
import "./bench.css";

interface Props {
  hearing: Hearing;
  zone: string;
  /** 0 to 1 while G is held. */
  held: number;
}

const ARMED_MS = 4_000;

/**
 * Everything the session's state allows, the likeliest first. Opening takes two clicks on the same button; when
 * required people are missing the court's refusal names them and asks for the reason to open all the same.
 */
export function MoveBar({ hearing, zone, held }: Props) {
  const { court, bench: t } = courtText();
  const [asking, setAsking] = useState<MoveButton | null>(null);
  const [armed, setArmed] = useState(false);
  const missing = missingReason.value;
  const view = hearing.state.value.hearing;
  useEffect(() => {
    if (!armed) return;
    const timer = setTimeout(() => setArmed(false), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed]);
  if (!view) return null;
  // A command given into a lost connection would be carried out minutes later: the bench is asked again instead.
  const linked = hearing.link.value.at === "open";
  const close = () => setAsking(null);
  const send = async (
    move: Move,
    more: { reason?: string; resume_utc_ms?: number | null; override?: string } = {},
  ) => {
    await hearing.do({ do: "move", move, ...more });
  };

  function press(button: MoveButton) {
    if (button.ask === "open") {
      if (armed || missingPeople(view?.people ?? [], hearing.state.value.me)?.length !== 0) {
        setArmed(false);
        void strike(hearing);
      } else setArmed(true);
    } else if (button.ask === "nothing") act(send(button.move));
    else setAsking(button);
  }

  const buttons = moveButtons(view.moves).filter(({ move }) => move !== "gather" && move !== "reopen");
  if (buttons.length === 0) return null;
  return (
    <div class="move-bar" role="toolbar" aria-label={t.title}>
      {buttons.map((button) => (
        <Button
          key={button.move}
          kind={button.weight}
          disabled={!linked}
          class={`move move-${button.move}${button.move === "open" && armed ? " move-armed" : ""}`}
          onClick={() => press(button)}
        >
          {(button.move === "open" || button.move === "close" || button.move === "resume") && <Icon name="gavel" />}
          {button.move === "open" && armed ? t.gavelAgain : court.moves[button.move]}
          {held > 0 && (button.move === "open" || button.move === "resume") && (
            <progress class="move-held" max={1} value={held} aria-hidden="true" />
          )}
        </Button>
      ))}
      {missing && (
        <Ask
          title={t.missingTitle}
          yes={t.missingReason}
          no={t.missingWait}
          reason="required"
          reasonHint={t.missingHint}
          onYes={(override) => send("open", { override })}
          onClose={() => {
            missingReason.value = null;
          }}
        >
          <p class="missing-names">{missing}</p>
        </Ask>
      )}
      {asking?.ask === "recess" && <Recess hearing={hearing} zone={zone} onSend={send} onClose={close} />}
      {asking?.ask === "reason" && (
        <Ask
          title={t.reasonTitle[asking.move as keyof typeof t.reasonTitle]}
          yes={court.moves[asking.move]}
          reason="required"
          onYes={(reason) => send(asking.move, { reason })}
          onClose={close}
        />
      )}
      {asking?.ask === "confirm" && (
        <Ask
          title={court.moves[asking.move]}
          yes={court.moves[asking.move]}
          onYes={() => send(asking.move)}
          onClose={close}
        >
          <p>{t.confirm[asking.move as keyof typeof t.confirm]}</p>
        </Ask>
      )}
      {asking?.ask === "twice" && (
        <Ask title={t.closeTitle} yes={t.closeYes} no={t.closeNo} onYes={() => send("close")} onClose={close}>
          <p>{t.closeText}</p>
        </Ask>
      )}
    </div>
  );
}

interface RecessProps {
  hearing: Hearing;
  zone: string;
  onSend: (move: Move, more: { reason: string; resume_utc_ms: number | null }) => Promise<void>;
  onClose: () => void;
}

function Recess({ hearing, zone, onSend, onClose }: RecessProps) {
  const { court, bench: t } = courtText();
  const [times] = useState(() => resumeProposals(hearing.now()));
  const [resume, setResume] = useState<number | null>(times[0] ?? null);
  return (
    <Ask
      title={t.recessTitle}
      yes={court.moves.recess}
      reason="optional"
      reasonLabel={t.recessReason}
      onYes={(reason) => onSend("recess", { reason, resume_utc_ms: resume })}
      onClose={onClose}
    >
      <p class="soft">{t.recessEffect}</p>
      <fieldset>
        <legend class="recess-legend">{t.recessResume}</legend>
        <div class="ask-proposals">
          {[...times, null].map((time) => (
            <button
              key={time ?? 0}
              type="button"
              class="ask-proposal digits"
              aria-pressed={resume === time}
              onClick={() => setResume(time)}
            >
              {time === null ? t.recessOpen : wallTime(time, "minute", zone)}
            </button>
          ))}
        </div>
      </fieldset>
    </Ask>
  );
}
