import { useEffect, useState } from "preact/hooks";
import type { DeviceProblem } from "../../media/devices.ts";
import { stageText } from "../../text/stage.ts";
import { Button, Dialog, Notice } from "../../ui/index.ts";

interface Props {
  /** Why the devices could not be opened at the last try. */
  problem: DeviceProblem | null;
  onSpeak: (video: boolean) => void;
  onDecline: () => Promise<unknown>;
}

/** "Your turn": in front of everything, felt in the pocket, and nothing is opened before the person agrees. */
export function Turn({ problem, onSpeak, onDecline }: Props) {
  const t = stageText();
  const [open, setOpen] = useState(true);
  useEffect(() => {
    navigator.vibrate?.([300, 150, 300]);
  }, []);
  const decline = () => void onDecline().catch(() => undefined);
  return (
    <>
      <Notice
        tone="warn"
        urgent
        title={t.turn.banner}
        actions={
          <Button kind="primary" icon="mic" onClick={() => setOpen(true)}>
            {t.turn.go}
          </Button>
        }
      />
      <Dialog
        open={open}
        form="sheet"
        title={t.turn.title}
        onClose={() => setOpen(false)}
        actions={
          <div class="stage-turn">
            <Button kind="primary" big wide icon="camera" onClick={() => onSpeak(true)}>
              {t.turn.both}
            </Button>
            <Button wide icon="mic" onClick={() => onSpeak(false)}>
              {t.turn.sound}
            </Button>
            <Button wide onClick={() => setOpen(false)}>
              {t.turn.later}
            </Button>
            <Button kind="quiet" wide onClick={decline}>
              {t.turn.decline}
            </Button>
          </div>
        }
      >
        <p>{t.turn.body}</p>
        {problem && (
          <Notice tone="bad" urgent>
            {t.problem[problem]}
          </Notice>
        )}
      </Dialog>
    </>
  );
}
