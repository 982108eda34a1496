import type { ComponentChildren } from "preact";
import { text } from "../../text/index.ts";
import { Button, Icon, type IconName, LevelBar, Notice, VideoTile } from "../../ui/index.ts";
import { EntryFrame } from "./EntryFrame.tsx";
import { type Kit, type KitResult, useKit } from "./useKit.ts";

export interface Ready {
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
  /** null: no check was made just now, e.g. after a reload; then nothing is reported. */
  kit: KitResult | null;
}

interface Props {
  court: string;
  title?: string;
  onReady: (ready: Ready) => void;
  corner?: ComponentChildren;
}

type Mark = "ok" | "wait" | "warn" | "bad";

function Row({
  icon,
  name,
  mark,
  children,
}: {
  icon: IconName;
  name: string;
  mark: Mark;
  children: ComponentChildren;
}) {
  return (
    <li class={`check check-${mark}`}>
      <span class="check-icon">
        <Icon name={mark === "ok" ? "check" : icon} />
      </span>
      <span class="check-name">{name}</span>
      <div class="check-body">{children}</div>
    </li>
  );
}

function Network({ kit }: { kit: Kit }) {
  const t = text().party.check;
  if (kit.probe === "running") return <span class="soft">{t.measuring}</span>;
  if (kit.probe === null) return <strong>{t.noNetwork}</strong>;
  const { rtt_ms, late_permille, uplink_kbps } = kit.probe;
  const up = uplink_kbps === null ? t.unknown : t.uplink(uplink_kbps);
  return (
    <>
      <span class="digits small">{t.figure(rtt_ms, Math.round(late_permille / 10), up)}</span>
      {isSlow(kit) && <p class="small">{t.slow}</p>}
    </>
  );
}

function isSlow(kit: Kit): boolean {
  if (kit.probe === null || kit.probe === "running") return false;
  const { rtt_ms, late_permille, uplink_kbps } = kit.probe;
  return rtt_ms > 300 || late_permille >= 100 || (uplink_kbps !== null && uplink_kbps < 600);
}

/** Step 3: picture, microphone, speaker, network; each with what to do when it does not work. */
export function DeviceCheck({ court, title, onReady, corner }: Props) {
  const t = text();
  const c = t.party.check;
  const kit = useKit();
  const enter = () => onReady({ kit: kit.result(), ...kit.take() });
  const word = kit.video ? c.enter : kit.audio ? c.enterAudio : c.enterWatch;
  const wait: Mark = kit.opening ? "wait" : "bad";
  return (
    <EntryFrame
      court={court}
      step={2}
      title={title ?? c.title}
      lead={c.lead}
      corner={corner}
      actions={
        <>
          <Button kind="quiet" onClick={kit.again} disabled={kit.opening}>
            {c.again}
          </Button>
          <Button kind="primary" big wide disabled={kit.opening} onClick={enter}>
            {kit.opening ? c.measuring : word}
          </Button>
        </>
      }
    >
      <div class="check-picture">
        <VideoTile
          stream={kit.stream}
          label={c.self}
          placeholder={kit.opening ? c.opening : t.common.noVideo}
          mirrored
        />
        {kit.cameras > 1 && (
          <Button class="check-flip" icon="swap" onClick={kit.flip}>
            {c.flip}
          </Button>
        )}
      </div>
      <ul class="checks">
        <Row icon="camera" name={c.camera} mark={kit.video ? "ok" : wait}>
          {kit.video ? (
            <span>{c.fine}</span>
          ) : (
            <>
              <span>{kit.opening ? c.measuring : kit.videoProblem && c.problems[kit.videoProblem]}</span>
              {!kit.opening && kit.audio && <p class="small">{c.noCamera}</p>}
            </>
          )}
        </Row>
        <Row icon="mic" name={c.microphone} mark={kit.audio ? (kit.heard ? "ok" : "wait") : wait}>
          {kit.audio ? (
            <>
              <LevelBar label={c.level} level={kit.level} />
              <span class="small">{kit.heard ? c.heard : c.say}</span>
            </>
          ) : (
            <>
              <span>{kit.opening ? c.measuring : kit.audioProblem && c.problems[kit.audioProblem]}</span>
              {!kit.opening && <p class="small">{c.noMic}</p>}
            </>
          )}
        </Row>
        <Row
          icon="speaker"
          name={c.speaker}
          mark={kit.tone === "heard" ? "ok" : kit.tone === "unheard" ? "warn" : "wait"}
        >
          {kit.tone === "heard" && <span>{c.fine}</span>}
          {kit.tone === "unheard" && <p>{c.noSound}</p>}
          {kit.tone === "asked" ? (
            <div class="row">
              <span>{c.hear}</span>
              <Button onClick={() => kit.answerTone(true)}>{c.yes}</Button>
              <Button onClick={() => kit.answerTone(false)}>{c.no}</Button>
            </div>
          ) : (
            kit.tone !== "heard" && (
              <Button icon="speaker" onClick={kit.play} disabled={kit.tone === "playing"}>
                {kit.tone === "playing" ? c.playing : c.play}
              </Button>
            )
          )}
        </Row>
        <Row
          icon="network"
          name={c.network}
          mark={kit.probe === "running" ? "wait" : kit.probe === null ? "bad" : isSlow(kit) ? "warn" : "ok"}
        >
          <Network kit={kit} />
        </Row>
      </ul>
      {!kit.opening && !kit.video && !kit.audio && (
        <Notice tone="bad" urgent>
          {c.noMic}
        </Notice>
      )}
    </EntryFrame>
  );
}
