import { useEffect, useRef, useState } from "preact/hooks";
import type { ExhibitView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Icon, Notice, Progress } from "../../ui/index.ts";
import { PdfPages } from "./PdfPages.tsx";
import { Picture } from "./Picture.tsx";
import { useFile } from "./useFile.ts";
import "./exhibits.css";

export type File = Pick<ExhibitView, "number" | "name" | "kind" | "sha256" | "pages">;

interface Props {
  hearing: Hearing;
  exhibit: File;
  /** Of a PDF that the room sees; `onTurn` for who may turn it. */
  page?: number;
  onTurn?: (page: number) => Promise<unknown>;
  /** A wall: nothing to press, and what can be played plays. */
  still?: boolean;
}

/** The file of an exhibit as this browser can show it; failures say so and can be tried again. */
export function ExhibitFile(props: Props) {
  const { kind, pages } = props.exhibit;
  return kind === "pdf" && pages > 0 ? <PdfPages {...props} /> : <WholeFile {...props} />;
}

function WholeFile({ hearing, exhibit, still }: Props) {
  const t = exhibitsText();
  const { number, name, kind, sha256 } = exhibit;
  const { url, problem, again } = useFile(hearing, number, sha256);
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [url]);
  const full = t.full(number, name);
  if (problem)
    return (
      <Notice
        tone="bad"
        title={t.failed}
        urgent
        actions={
          <Button kind="primary" onClick={again}>
            {text().common.retry}
          </Button>
        }
      >
        {problem}
      </Notice>
    );
  if (!url) return <Progress label={t.opening} />;
  return (
    <div class="exhibit-file">
      {!still && (kind === "pdf" || broken) && (
        <p class="exhibit-link">
          <a class="button" href={url} target="_blank" rel="noopener" title={t.openFileHint}>
            <Icon name="doc" />
            <span>{t.openFile}</span>
          </a>
          <span class="small">{broken ? t.broken : t.pages.none}</span>
        </p>
      )}
      {broken || kind === "pdf" ? (
        still && <Notice tone="bad">{kind === "pdf" ? t.pages.none : t.failed}</Notice>
      ) : kind === "png" || kind === "jpg" ? (
        <Picture url={url} name={full} still={still} onBroken={() => setBroken(true)} />
      ) : (
        <Played kind={kind} url={url} label={full} still={still} onBroken={() => setBroken(true)} />
      )}
    </div>
  );
}

interface PlayedProps {
  kind: "mp4" | "wav";
  url: string;
  label: string;
  still?: boolean;
  onBroken: () => void;
}

function Played({ kind, url, label, still, onBroken }: PlayedProps) {
  const ref = useRef<HTMLMediaElement | null>(null);
  useEffect(() => {
    const media = ref.current;
    if (!media || !still) return;
    // A browser that lets nothing sound before somebody touched it still shows the picture.
    media.play().catch(() => {
      media.muted = true;
      media.play().catch(() => undefined);
    });
  }, [url, still]);
  const shared = { src: url, controls: !still, "aria-label": label, onError: onBroken } as const;
  return kind === "mp4" ? (
    <video
      class="exhibit-video"
      {...shared}
      playsInline
      ref={(element: HTMLVideoElement | null) => {
        ref.current = element;
      }}
    />
  ) : (
    <audio
      class="exhibit-sound"
      {...shared}
      ref={(element: HTMLAudioElement | null) => {
        ref.current = element;
      }}
    />
  );
}
