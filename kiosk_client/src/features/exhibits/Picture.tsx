import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { exhibitsText } from "../../text/exhibits.ts";
import { Button } from "../../ui/index.ts";
import { keyed, scrollFor, stepped, toggled } from "./zoom.ts";

interface Props {
  url: string;
  name: string;
  /** Nobody touches it: a wall. */
  still?: boolean;
  /** Beside the buttons for the size. */
  bar?: ComponentChildren;
  /** The keys for pages. */
  onTurn?: (by: 1 | -1) => void;
  onBroken: () => void;
}

const percent = (scale: number) => `${scale * 100}%`;

/** A picture, whole at first; pressing it, buttons and keys enlarge it, and its frame scrolls. */
export function Picture({ url, name, still, bar, onTurn, onBroken }: Props) {
  const t = exhibitsText().zoom;
  const [scale, setScale] = useState(1);
  const frame = useRef<HTMLDivElement>(null);
  const middle = useRef({ x: 0.5, y: 0.5 });
  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    box.scrollLeft = scrollFor(middle.current.x, scale, box.clientWidth);
    box.scrollTop = scrollFor(middle.current.y, scale, box.clientHeight);
  }, [scale]);
  const image = <img class="exhibit-image" src={url} alt={t.picture(name)} onError={onBroken} draggable={false} />;
  if (still) return <div class="exhibit-frame">{image}</div>;

  /** Keeps what is in the middle of the frame there. */
  const hold = () => {
    const box = frame.current;
    if (!box?.scrollWidth || !box.scrollHeight) return;
    middle.current = {
      x: (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth,
      y: (box.scrollTop + box.clientHeight / 2) / box.scrollHeight,
    };
  };
  const to = (next: number) => {
    hold();
    setScale(next);
  };
  return (
    <div class="exhibit-zoom">
      <div class="exhibit-frame" ref={frame}>
        <button
          type="button"
          class={`exhibit-press${scale > 1 ? " exhibit-large" : ""}`}
          style={{ width: percent(scale), height: percent(scale) }}
          title={t.hint}
          aria-pressed={scale > 1}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            // Enter and Space come without a place.
            if (event.detail > 0 && box.width > 0 && box.height > 0)
              middle.current = {
                x: (event.clientX - box.left) / box.width,
                y: (event.clientY - box.top) / box.height,
              };
            else hold();
            setScale(toggled(scale));
          }}
          onKeyDown={(event) => {
            const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
            if (plain && onTurn && (event.key === "PageDown" || event.key === "PageUp")) {
              event.preventDefault();
              event.stopPropagation();
              onTurn(event.key === "PageDown" ? 1 : -1);
              return;
            }
            const next = plain ? keyed(scale, event.key) : null;
            if (next === null) return;
            event.preventDefault();
            event.stopPropagation();
            to(next);
          }}
        >
          {image}
        </button>
      </div>
      <div class="exhibit-sizes">
        <Button aria-label={t.out} disabled={scale === stepped(scale, -1)} onClick={() => to(stepped(scale, -1))}>
          －
        </Button>
        <Button aria-label={t.in} disabled={scale === stepped(scale, 1)} onClick={() => to(stepped(scale, 1))}>
          ＋
        </Button>
        {scale > 1 && <Button onClick={() => to(1)}>{t.whole}</Button>}
        {bar}
      </div>
    </div>
  );
}
