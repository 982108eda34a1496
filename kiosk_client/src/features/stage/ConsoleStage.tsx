import { useEffect, useState } from "preact/hooks";
import type { Console } from "../../protocol/console.ts";
import { liveUrl } from "../../protocol/liveSocket.ts";
import { Stage } from "../../state/stage.ts";
import { stageText } from "../../text/stage.ts";
import { Button, Notice, VideoTile, wallTime } from "../../ui/index.ts";
import { StageView } from "./StageView.tsx";
import "./stage.css";

interface Props {
  id: string;
  zone: string;
  console: Console;
  /** Shown whole; else only that the hall is being sent. It stays in the page, so that another tab does not end that. */
  open: boolean;
}

/** How far the speaker is, the hall's camera, and what everybody sees. Whoever speaks is heard whatever is open. */
export function ConsoleStage({ id, zone, console, open }: Props) {
  const t = stageText();
  const [stage, setStage] = useState<Stage | null>(null);
  useEffect(() => {
    const made = new Stage({ url: liveUrl(id), token: null });
    setStage(made);
    return () => made.close();
  }, [id]);
  const { floor } = console;
  if (!stage) return null;
  if (!open) return stage.sending.value === "no" ? null : <Notice tone="ok">{t.console.on}</Notice>;
  return (
    <div class="panel">
      <div class="panel-head">
        <h3>{t.console.hall}</h3>
      </div>
      <div class="panel-body stack stage-console">
        {floor && (
          <Notice tone={floor.state === "live" ? "ok" : "warn"} title={floor.name}>
            {t.console.states[floor.state]}
            {floor.until_utc_ms !== null && ` · ${t.console.until(wallTime(floor.until_utc_ms, "time", zone))}`}
          </Notice>
        )}
        <HallCamera stage={stage} />
        <StageView stage={stage} />
      </div>
    </div>
  );
}

function HallCamera({ stage }: { stage: Stage }) {
  const t = stageText();
  const on = stage.sending.value !== "no";
  const problem = stage.problem.value;
  return (
    <>
      <p class="soft">{on ? t.console.on : t.console.hallHint}</p>
      {problem && (
        <Notice tone="bad" urgent>
          {on && t.problem.part} {t.problem[problem]}
        </Notice>
      )}
      {on && (
        <div class="stage-own">
          <VideoTile
            stream={stage.ownStream.value}
            label={t.console.preview}
            placeholder={t.noPicture}
            fit="contain"
          />
        </div>
      )}
      <div class="row">
        {on ? (
          <Button kind="danger" onClick={() => stage.stopSpeaking()}>
            {t.console.stop}
          </Button>
        ) : (
          <Button icon="camera" onClick={() => void stage.speak({ video: true, audio: true })}>
            {t.console.start}
          </Button>
        )}
      </div>
    </>
  );
}
