import { useEffect, useState } from "preact/hooks";
import { liveUrl } from "../../protocol/liveSocket.ts";
import { Stage } from "../../state/stage.ts";
import { StageView } from "./StageView.tsx";
import "./stage.css";

/** On the hall's screen: who speaks from elsewhere, seen and heard. The hall itself needs no picture of itself. */
export function WallStage({ id }: { id: string }) {
  const [stage, setStage] = useState<Stage | null>(null);
  useEffect(() => {
    const made = new Stage({ url: liveUrl(id), token: null, guests: true });
    setStage(made);
    return () => made.close();
  }, [id]);
  if (!stage || stage.people.value.length === 0) return null;
  return (
    <aside class="stage-wall">
      <StageView stage={stage} />
    </aside>
  );
}
