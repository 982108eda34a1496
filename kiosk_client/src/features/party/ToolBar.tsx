import { useState } from "preact/hooks";
import type { SetMuteCommand } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, ToolButton } from "../../ui/index.ts";

interface Props {
  hearing: Hearing;
  media: HearingMedia;
  /** Shows a refusal to the person. */
  onRefused: (cause: unknown) => void;
  onHelp: () => void;
  onMore: () => void;
  /** Opens the transcript. */
  onMinutes: () => void;
  /** Opens the exhibits; undefined for whoever has nothing to do with them. */
  onExhibits?: (() => void) | undefined;
}

/** The buttons under a party's thumb; transcript and exhibits are among 更多 too, where a phone leaves no room for them. What the court has ordered shows as locked, not as broken. */
export function ToolBar({ hearing, media, onRefused, onHelp, onMore, onMinutes, onExhibits }: Props) {
  const t = text().party.hearing;
  const [ask, setAsk] = useState(false);
  const self = hearing.self.value;
  if (!self) return null;
  const running = hearing.state.value.hearing?.state === "in_session";
  const micOn = media.micOn.value && !self.audio_muted;
  const cameraOn = media.cameraOn.value && !self.video_muted;
  const raised = self.hand_raised_ms !== null;
  const order = (kind: SetMuteCommand["kind"], muted: boolean) =>
    hearing.do({ do: "mute", participant: self.seat.participant, kind, muted }).catch(onRefused);

  const toggleMic = () => {
    media.setMic(!micOn);
    void order("audio", micOn);
  };
  const setCamera = (on: boolean) => {
    setAsk(false);
    media.setCamera(on);
    void order("video", !on);
  };
  return (
    <nav class="toolbar" aria-label={t.controls}>
      <ToolButton
        icon={micOn ? "mic" : self.audio_locked ? "lock" : "micOff"}
        label={micOn ? t.micOn : self.audio_locked ? t.locked : t.micOff}
        tone={micOn ? "on" : "off"}
        pressed={micOn}
        aria-label={t.mic}
        disabled={self.audio_locked && !micOn}
        onClick={toggleMic}
      />
      <ToolButton
        icon={cameraOn ? "camera" : self.video_locked ? "lock" : "cameraOff"}
        label={cameraOn ? t.camera : self.video_locked ? t.locked : t.cameraOff}
        tone={cameraOn ? "on" : "off"}
        pressed={cameraOn}
        aria-label={t.camera}
        disabled={self.video_locked && !cameraOn}
        onClick={() => (cameraOn && running ? setAsk(true) : setCamera(!cameraOn))}
      />
      <ToolButton
        icon="hand"
        label={raised ? t.handDown : t.hand}
        tone={raised ? "alert" : "on"}
        pressed={raised}
        onClick={() => hearing.do({ do: "hand", raised: !raised }).catch(onRefused)}
      />
      <ToolButton id="tool-minutes" icon="doc" label={text().minutes.open} onClick={onMinutes} />
      {onExhibits && <ToolButton id="tool-exhibits" icon="clip" label={exhibitsText().open} onClick={onExhibits} />}
      <ToolButton icon="help" label={t.help} tone={self.help_asked ? "alert" : "on"} onClick={onHelp} />
      <ToolButton icon="more" label={t.more} onClick={onMore} />
      <Dialog
        open={ask}
        form="sheet"
        title={t.cameraAsk}
        onClose={() => setAsk(false)}
        actions={
          <>
            <Button kind="danger" onClick={() => setCamera(false)}>
              {t.cameraStop}
            </Button>
            <Button kind="primary" onClick={() => setAsk(false)}>
              {t.cameraKeep}
            </Button>
          </>
        }
      >
        <p>{t.cameraAskHint}</p>
      </Dialog>
    </nav>
  );
}
