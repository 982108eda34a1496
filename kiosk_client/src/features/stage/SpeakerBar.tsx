import { useState } from "preact/hooks";
import type { Stage } from "../../state/stage.ts";
import { stageText } from "../../text/stage.ts";
import { Button, Notice, VideoTile } from "../../ui/index.ts";

/** What whoever speaks sees of themselves: that they are on, and the way out. */
export function SpeakerBar({ stage, onEnd }: { stage: Stage; onEnd: () => Promise<unknown> }) {
  const t = stageText();
  const [ending, setEnding] = useState(false);
  const opening = stage.sending.value === "opening";
  const health = stage.upHealth.value;
  const broken = stage.link.value === "waiting" || health === "interrupted" || health === "dead";
  const joining = opening || (health !== "connected" && !broken);
  const words = opening
    ? t.speaking.opening
    : broken
      ? t.speaking.broken
      : joining
        ? t.speaking.joining
        : t.speaking.on;
  const [mic, camera] = [stage.micOn.value, stage.cameraOn.value];
  const problem = stage.problem.value;
  async function end() {
    setEnding(true);
    try {
      await onEnd();
    } catch {
      setEnding(false);
    }
  }
  return (
    <div class="stage-speaker">
      <p class={`stage-on${joining || broken ? " stage-wait" : ""}`} role="status">
        {words}
      </p>
      {problem && (
        <Notice tone="warn">
          {t.problem.part} {t.problem[problem]}
        </Notice>
      )}
      {stage.ownStream.value && (
        <div class="stage-own">
          <VideoTile
            stream={camera ? stage.ownStream.value : null}
            label={t.speaking.own}
            placeholder={t.noPicture}
            mirrored
            fit="cover"
          />
        </div>
      )}
      <div class="stage-buttons">
        <Button icon={mic ? "mic" : "micOff"} pressed={mic} onClick={() => stage.setMic(!mic)}>
          {mic ? t.speaking.micOff : t.speaking.micOn}
        </Button>
        {stage.ownStream.value && (
          <Button icon={camera ? "camera" : "cameraOff"} pressed={camera} onClick={() => stage.setCamera(!camera)}>
            {camera ? t.speaking.cameraOff : t.speaking.cameraOn}
          </Button>
        )}
        <Button kind="danger" icon="leave" disabled={ending} onClick={() => void end()}>
          {t.speaking.end}
        </Button>
      </div>
    </div>
  );
}
