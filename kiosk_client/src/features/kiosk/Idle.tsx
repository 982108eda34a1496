import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Button, Dialog } from "../../ui/index.ts";
import { type IdleState, idleState } from "./idle.ts";

const TOUCHES = ["pointerdown", "keydown", "scroll"] as const;

/** Watches for somebody who has gone: a warning that counts down, then `onOver`. */
export function Idle({ onOver }: { onOver: () => void }) {
  const k = text().party.kiosk;
  const touched = useRef(performance.now());
  const [state, setState] = useState<IdleState>({ at: "used" });
  useEffect(() => {
    const touch = () => {
      touched.current = performance.now();
      setState({ at: "used" });
    };
    const timer = setInterval(() => {
      const next = idleState(touched.current, performance.now());
      if (next.at === "over") onOver();
      else setState(next);
    }, 500);
    for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true });
    return () => {
      clearInterval(timer);
      for (const name of TOUCHES) window.removeEventListener(name, touch, { capture: true });
    };
  }, [onOver]);
  return (
    <Dialog
      open={state.at === "warning"}
      title={k.idleTitle}
      onClose={() => setState({ at: "used" })}
      actions={
        <Button kind="primary" big wide onClick={() => setState({ at: "used" })}>
          {k.still}
        </Button>
      }
    >
      <p role="alert">{k.idle(state.at === "warning" ? state.seconds : 0)}</p>
    </Dialog>
  );
}
