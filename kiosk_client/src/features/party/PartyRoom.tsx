import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../../protocol/api.ts";
import { type Hearing, joinHearing } from "../../state/hearing.ts";
import { type HearingMedia, joinMedia } from "../../state/media.ts";
import { either, text } from "../../text/index.ts";
import { Button } from "../../ui/index.ts";
import type { Ready } from "../entry/DeviceCheck.tsx";
import { goBack } from "../entrygate/back.ts";
import { GateFlow } from "../gate/GateFlow.tsx";
import { proofs } from "../gate/proof.ts";
import { StatusBar } from "../hearing/StatusBar.tsx";
import { Review } from "../review/Review.tsx";
import { EndCard, isOver, StateCard } from "./Cards.tsx";
import { Courtroom } from "./Courtroom.tsx";
import { Reconnect } from "./Reconnect.tsx";
import { Waiting } from "./Waiting.tsx";
import "./party.css";

interface Props {
  code: string;
  ready: Ready;
  /** Name in storage for a reload; omit on shared devices. */
  keep?: string;
  flip?: boolean;
  bar?: "full" | "compact";
  /** Leave the room for good: the way back to where this page began. */
  onExit: () => void;
  exitWord: string;
  /** Stands beside every ending, e.g. a booth's idle watch. */
  atEnd?: ComponentChildren;
}

interface Joined {
  hearing: Hearing;
  media: HearingMedia;
}

/** From the end of the device check to the end of the hearing: connects, waits, takes part, and says how it ended. */
export function PartyRoom({ code, ready, keep, flip, bar = "compact", onExit, exitWord, atEnd }: Props) {
  const [joined, setJoined] = useState<Joined | null>(null);
  const [left, setLeft] = useState(false);
  useEffect(() => {
    const proof = proofs(keep);
    const hearing = joinHearing({
      ticket: async () => (await api.invitationTicket(code, proof.value)).ticket,
      keep,
    });
    const media = joinMedia(hearing, ready);
    const { kit } = ready;
    const told = hearing.listen((message) => {
      if (message.type !== "welcome") return;
      told();
      if (kit) hearing.socket.kit(kit).catch(() => undefined);
    });
    hearing.listen((message) => {
      if (message.type !== "gate") return;
      if (message.gate.proof) proof.value = message.gate.proof;
      if (message.gate.stage === "passed") goBack(code);
    });
    setJoined({ hearing, media });
    return () => {
      media.close();
      hearing.close();
    };
  }, []);
  if (!joined) return null;
  const leave = () => {
    setLeft(true);
    joined.media.close();
    joined.hearing.close();
  };
  return (
    <div class="party">
      {!left && <StatusBar hearing={joined.hearing} media={joined.media} form={bar} />}
      <Inside {...joined} left={left} flip={flip} onLeft={leave} onExit={onExit} exitWord={exitWord} atEnd={atEnd} />
      {!left && <Reconnect hearing={joined.hearing} />}
    </div>
  );
}

interface InsideProps extends Joined {
  left: boolean;
  flip?: boolean;
  onLeft: () => void;
  onExit: () => void;
  exitWord: string;
  atEnd?: ComponentChildren;
}

function Inside({ hearing, media, left, flip, onLeft, onExit, exitWord, atEnd }: InsideProps): ComponentChildren {
  const t = text();
  const c = t.party.cards;
  const link = hearing.link.value;
  const view = hearing.state.value.hearing;
  const self = hearing.self.value;
  const exit = (
    <>
      <Button onClick={onExit}>{exitWord}</Button>
      {atEnd}
    </>
  );
  if (left) {
    return (
      <StateCard icon="leave" title={c.left}>
        {exit}
      </StateCard>
    );
  }
  if (self?.presence === "removed") {
    return (
      <StateCard icon="leave" title={c.removed} hint={c.removedHint} tone="bad">
        {exit}
      </StateCard>
    );
  }
  // Who took part and was let in comes back to read; before that the gate asks who it is, as below.
  if (view && link.at !== "ended" && hearing.state.value.review) return <Review hearing={hearing} exit={exit} />;
  const asked = hearing.state.value.gate;
  const reads = view?.state === "transcript_review" && asked !== null && asked.stage !== "passed";
  if (view && isOver(view) && !reads) return <EndCard view={view}>{atEnd && exit}</EndCard>;
  if (link.at === "ended") {
    return (
      <StateCard icon="network" title={view ? c.ended : c.failed} lead={either(link.zh, link.en)} tone="bad">
        {exit}
      </StateCard>
    );
  }
  if (!view || !self) return <p class="party-empty">{t.common.loading}</p>;
  if (self.presence === "dismissed") {
    return (
      <StateCard icon="check" title={c.dismissed} hint={c.dismissedHint}>
        {exit}
      </StateCard>
    );
  }
  const { gate } = hearing.state.value;
  if (gate && gate.stage !== "passed") return <GateFlow view={gate} hearing={hearing} media={media} />;
  const inside = self.presence === "present" || self.presence === "testifying" || self.presence === "dropped";
  return inside ? (
    <Courtroom hearing={hearing} media={media} onLeft={onLeft} flip={flip} />
  ) : (
    <Waiting hearing={hearing} media={media} onLeft={onLeft} />
  );
}
