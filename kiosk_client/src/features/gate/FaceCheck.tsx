import { useEffect, useState } from "preact/hooks";
import type { GateApi } from "../../protocol/gate.ts";
import type { GateView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { either, text } from "../../text/index.ts";
import { Button, Icon, type IconName, Notice, VideoTile } from "../../ui/index.ts";
import { GateFrame } from "./GateFrame.tsx";
import type { Attempt } from "./useAttempt.ts";

interface Props {
  view: GateView;
  gate: GateApi;
  hearing: Hearing;
  media: HearingMedia;
  attempt: Attempt;
}

/** The own picture is mirrored, as people know themselves: then the person's left is the left of the picture. */
const ARROWS: Record<string, IconName> = { left: "back", right: "arrow" };

/** The live check: oneself in an oval, one large instruction at a time, and what would help. */
export function FaceCheck({ view, gate, hearing, media, attempt }: Props) {
  const t = text().gate.face;
  const { challenge, gate_hint: hint } = hearing.state.value;
  const [running, setRunning] = useState(false);
  const stream = media.ownStream.value;
  const seen = media.upHealth.value === "connected";
  const failed = view.failures > 0 && view.reason !== "";
  // A failure ends the try that was running.
  useEffect(() => setRunning(false), [view.failures]);
  const begin = async () => {
    setRunning(await attempt.run(() => hearing.socket.challenge("start")));
  };
  // All steps are done; what follows is the server's.
  const comparing = hint?.code === "passed";
  const under = running || challenge !== null;
  const arrow = challenge && ARROWS[challenge.action];
  return (
    <GateFrame
      step={under ? undefined : 2}
      title={t.title}
      lead={under || failed ? undefined : t.lead}
      problem={attempt.problem}
      actions={
        <>
          <Button
            kind="quiet"
            disabled={attempt.busy || comparing}
            onClick={() =>
              void attempt
                .run(() => (under ? hearing.socket.challenge("stop") : gate.decline()))
                .then(() => setRunning(false))
            }
          >
            {under ? t.stop : t.byClerk}
          </Button>
          {!under && (
            <Button kind="primary" big wide disabled={!stream || !seen || attempt.busy} onClick={() => void begin()}>
              {failed ? t.again : t.start}
            </Button>
          )}
        </>
      }
    >
      {failed && !under && (
        <Notice tone="warn" urgent title={t.failed(view.failures_left)}>
          <p class="gate-reason">{either(view.reason_zh, view.reason_en)}</p>
        </Notice>
      )}
      {/* Above the picture: a phone's camera is there, and so should be the eyes. */}
      <div class={`gate-prompt${under ? " gate-prompt-on" : ""}`} role="status" aria-live="assertive">
        {comparing ? (
          <p class="gate-action">{t.comparing}</p>
        ) : challenge ? (
          <>
            <p class="gate-action">
              {arrow === "back" && <Icon name="back" />}
              <span>{either(challenge.zh, challenge.en)}</span>
              {arrow === "arrow" && <Icon name="arrow" />}
            </p>
            <p class="soft digits">{t.step(challenge.step, challenge.steps)}</p>
          </>
        ) : (
          <p>{under ? t.starting : !stream ? t.noCameraHint : seen ? "" : t.connecting}</p>
        )}
        {hint && !comparing && <p class="gate-hint">{either(hint.zh, hint.en)}</p>}
      </div>
      <div class={`gate-mirror${failed && !under ? " gate-mirror-less" : ""}`}>
        <VideoTile stream={stream} label={t.self} placeholder={t.noCamera} mirrored />
        {stream && <span class="gate-oval" aria-hidden="true" />}
      </div>
    </GateFrame>
  );
}
