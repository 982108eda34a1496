import { useEffect, useRef, useState } from "preact/hooks";
import { liveUrl } from "../../protocol/liveSocket.ts";
import { Stage } from "../../state/stage.ts";
import { stageText } from "../../text/stage.ts";
import { Button, Notice } from "../../ui/index.ts";
import { SpeakerBar } from "./SpeakerBar.tsx";
import { StageView } from "./StageView.tsx";
import { Turn } from "./Turn.tsx";
import "./stage.css";

export interface CreditorStageProps {
  id: string;
  token: string;
  /** Somebody sends now. */
  live: boolean;
  /** It is this person's turn to speak. */
  floor: boolean;
  /** Gives the floor back. */
  onGiveBack: () => Promise<unknown>;
}

/** The hall on a creditor's page: watched when they ask for it, spoken to when it is their turn and they agree. */
export function CreditorStage({ id, token, live, floor, onGiveBack }: CreditorStageProps) {
  const t = stageText();
  const [stage, setStage] = useState<Stage | null>(null);
  const [over, setOver] = useState(false);
  const kept = useRef<Stage | null>(null);
  /** They agreed to be seen or heard in this turn. */
  const spoke = useRef(false);
  useEffect(() => () => kept.current?.close(), []);

  function open(): Stage {
    kept.current ??= new Stage({ url: liveUrl(id), token });
    setStage(kept.current);
    return kept.current;
  }
  function close() {
    kept.current?.close();
    kept.current = null;
    setStage(null);
  }
  const sending = stage?.sending.value ?? "no";
  // The live socket says first that the floor is over.
  const mine = floor && stage?.floor.value !== false;
  useEffect(() => {
    if (mine) return setOver(false);
    kept.current?.stopSpeaking();
    if (spoke.current) setOver(true);
    spoke.current = false;
  }, [mine]);
  const speaks = mine && sending !== "no";
  if (!live && !mine && !stage) return over ? <Notice>{t.speaking.over}</Notice> : null;
  return (
    <section class="card stage" aria-label={t.title}>
      {mine && !speaks && (
        <Turn
          problem={stage?.problem.value ?? null}
          onSpeak={(video) => {
            spoke.current = true;
            void open().speak({ video, audio: true });
          }}
          onDecline={onGiveBack}
        />
      )}
      {over && !mine && <Notice>{t.speaking.over}</Notice>}
      {stage && speaks && <SpeakerBar stage={stage} onEnd={onGiveBack} />}
      {stage ? (
        <>
          <StageView stage={stage} />
          {!speaks && (
            <Button wide onClick={close}>
              {t.stop}
            </Button>
          )}
        </>
      ) : (
        live && (
          <>
            <Button kind="primary" wide big icon="screen" onClick={() => open()}>
              {t.watch}
            </Button>
            <p class="small soft">{t.watchHint}</p>
          </>
        )
      )}
    </section>
  );
}
