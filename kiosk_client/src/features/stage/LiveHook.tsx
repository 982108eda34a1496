import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CreditorStageProps } from "./CreditorStage.tsx";

const RETRY_MS = 3_000;

/** Loads what shows and sends pictures once there is something to see or to say: most of its weight is not needed to vote. */
export function LiveHook(props: CreditorStageProps) {
  const [Shown, setShown] = useState<ComponentType<CreditorStageProps> | null>(null);
  const [tries, setTries] = useState(0);
  const wanted = props.live || props.floor;
  useEffect(() => {
    if (!wanted || Shown) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    import("./CreditorStage.tsx").then(
      (module) => setShown(() => module.CreditorStage),
      () => {
        timer = setTimeout(() => setTries((before) => before + 1), RETRY_MS);
      },
    );
    return () => {
      if (timer) clearTimeout(timer);
    };
  }, [wanted, Shown, tries]);
  return Shown && <Shown {...props} />;
}
