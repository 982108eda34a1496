import { useEffect, useRef } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Button } from "../../ui/index.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Stroke = readonly Point[];

export const SHEET = { width: 900, height: 360 } as const;

function ink(context: CanvasRenderingContext2D): void {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SHEET.width, SHEET.height);
  context.strokeStyle = context.fillStyle = "#000";
  context.lineWidth = 7;
  context.lineCap = context.lineJoin = "round";
}

export function drawStrokes(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  ink(context);
  for (const stroke of strokes) {
    context.beginPath();
    if (stroke[0]) context.moveTo(stroke[0].x, stroke[0].y);
    for (const { x, y } of stroke.slice(1)) context.lineTo(x, y);
    // A dot is a stroke too.
    if (stroke.length === 1 && stroke[0]) context.lineTo(stroke[0].x + 0.1, stroke[0].y);
    context.stroke();
  }
}

export function drawName(canvas: HTMLCanvasElement, name: string): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  ink(context);
  const size = Math.min(200, (SHEET.width - 80) / Math.max(1, [...name].length));
  context.font = `${size}px "Kaiti SC", STKaiti, KaiTi, serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(name, SHEET.width / 2, SHEET.height / 2);
}

export function picture(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}

interface Props {
  canvas: { current: HTMLCanvasElement | null };
  strokes: readonly Stroke[];
  onStrokes: (strokes: readonly Stroke[]) => void;
}

/** A sheet to write on with finger, pen or mouse. */
export function Pad({ canvas, strokes, onStrokes }: Props) {
  const t = text().review;
  const now = useRef<Point[] | null>(null);
  useEffect(() => {
    if (canvas.current) drawStrokes(canvas.current, strokes);
  }, [strokes]);
  function place(event: PointerEvent): Point {
    const box = (event.currentTarget as HTMLCanvasElement).getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * SHEET.width,
      y: ((event.clientY - box.top) / box.height) * SHEET.height,
    };
  }
  function end() {
    if (now.current) onStrokes([...strokes, now.current]);
    now.current = null;
  }
  return (
    <div class="pad">
      <canvas
        ref={canvas}
        class="pad-sheet"
        width={SHEET.width}
        height={SHEET.height}
        role="img"
        aria-label={t.pad}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          now.current = [place(event)];
          drawStrokes(event.currentTarget, [...strokes, now.current]);
        }}
        onPointerMove={(event) => {
          if (!now.current) return;
          now.current.push(place(event));
          drawStrokes(event.currentTarget, [...strokes, now.current]);
        }}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <p class="field-hint">{t.padHint}</p>
      <div class="row">
        <Button disabled={strokes.length === 0} onClick={() => onStrokes(strokes.slice(0, -1))}>
          {t.undo}
        </Button>
        <Button disabled={strokes.length === 0} onClick={() => onStrokes([])}>
          {t.clear}
        </Button>
      </div>
    </div>
  );
}
