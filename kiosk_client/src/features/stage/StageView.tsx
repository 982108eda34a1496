import { useEffect, useRef } from "preact/hooks";
import type { OnStage, Publication } from "../../protocol/live.ts";
import type { Stage } from "../../state/stage.ts";
import { stageText } from "../../text/stage.ts";
import { Button, NamePlate, Notice, VideoTile } from "../../ui/index.ts";
import "./stage.css";

/** Everybody who sends now, the speaker first, with what keeps picture or sound away in words. */
export function StageView({ stage }: { stage: Stage }) {
  const t = stageText();
  const people = [...stage.people.value].sort((a, b) => Number(a.hall) - Number(b.hall));
  const link = stage.link.value;
  return (
    <div class="stage-view">
      {stage.crowded.value && <Notice tone="warn">{t.full}</Notice>}
      {stage.soundBlocked.value && (
        <Notice tone="warn" actions={<Button onClick={() => stage.unlockSound()}>{t.unlock}</Button>}>
          {t.soundBlocked}
        </Notice>
      )}
      {people.length === 0 && (
        <p class="stage-none" role="status">
          {link === "open" ? t.nothing : link === "refused" ? t.refused : link === "waiting" ? t.away : t.connecting}
        </p>
      )}
      <div class={`stage-tiles${people.length > 1 ? " stage-many" : ""}`}>
        {people.map((person) => (
          <Tile key={person.participant} stage={stage} person={person} />
        ))}
      </div>
    </div>
  );
}

function Tile({ stage, person }: { stage: Stage; person: OnStage }) {
  const t = stageText();
  const frame = useRef<HTMLElement>(null);
  const picture = stage.publications.value.find(
    (one: Publication) => one.participant === person.participant && one.kind === "video",
  );
  const id = picture?.id;
  useEffect(() => (id && frame.current ? stage.watchTile(id, frame.current) : undefined), [stage, id]);
  const stream = (id && stage.streams.value.get(id)) || null;
  const held = stage.deliveries.value.find((one) => one.publication === id)?.held;
  const name = person.hall ? t.hallName : person.name;
  return (
    <VideoTile
      stream={stream}
      label={name}
      placeholder={id ? t.connecting : t.noPicture}
      silent={t.noSignal}
      initial={[...name][0]}
      fit="contain"
      held={stream && (held === "congestion" || held === "load") ? t.held : undefined}
      frame={frame}
    >
      <NamePlate label={person.hall ? t.hall : t.speaker} name={name} words={{ micOff: "", hand: "" }} />
    </VideoTile>
  );
}
