import { useEffect, useState } from "preact/hooks";
import { meetingText } from "../../text/meeting.ts";

/** Quiet zone that readers ask for, in modules. */
const MARGIN = 4;

interface Drawn {
  path: string;
  side: number;
}

/** A QR code as one path; the library is loaded when the first is shown. */
export function QrCode({ content }: { content: string }) {
  const t = meetingText().receipt;
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    draw(content).then(
      (code) => !gone && setDrawn(code),
      () => !gone && setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, [content]);
  if (failed) return <p class="soft">{t.qrNone}</p>;
  return (
    <figure class="qr">
      <svg viewBox={drawn ? `0 0 ${drawn.side} ${drawn.side}` : "0 0 1 1"} role="img" aria-label={t.qr}>
        {drawn && (
          <>
            <rect width={drawn.side} height={drawn.side} fill="#fff" />
            <path d={drawn.path} fill="#000" shape-rendering="crispEdges" />
          </>
        )}
      </svg>
      <figcaption class="soft small">{t.qrHint}</figcaption>
    </figure>
  );
}

async function draw(content: string): Promise<Drawn> {
  const { generate, correction } = await import("lean-qr");
  const code = generate(content, { maxCorrectionLevel: correction.L });
  let path = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (code.get(x, y)) path += `M${x + MARGIN} ${y + MARGIN}h1v1h-1z`;
    }
  }
  return { path, side: code.size + 2 * MARGIN };
}
