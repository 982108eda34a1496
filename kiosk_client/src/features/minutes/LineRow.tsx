import { Component, type ComponentChildren } from "preact";
import type { LineView } from "../../protocol/messages.ts";
import type { Language } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { duration } from "../../ui/index.ts";
import { pieces } from "./draft.ts";

interface Props {
  line: LineView;
  /** Role and name of who spoke; null: the clerk's own words. */
  who: string | null;
  language: Language;
  /** Whether low confidence is marked: for who corrects, not for who reads. */
  marks?: boolean;
  /** In two columns: what was said, and what an interpreter made of it. */
  side?: "original" | "given" | undefined;
  selected?: boolean;
  /** Tab comes to this one of the list. */
  reached?: boolean;
  /** Takes the place of the text while it is edited. */
  children?: ComponentChildren;
  onPick?: (id: string) => void;
  onOpen?: ((id: string) => void) | undefined;
  /** Plays the line from this moment: each of its words is pressed like a key of a tape. */
  onHear?: (line: LineView, from_ms: number) => void;
  playing?: boolean;
}

/** One line of the transcript. Drawn anew only when it has changed: there may be thousands. */
export class LineRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const now = this.props;
    return (
      next.line !== now.line ||
      next.who !== now.who ||
      next.selected !== now.selected ||
      next.reached !== now.reached ||
      next.marks !== now.marks ||
      next.side !== now.side ||
      next.playing !== now.playing ||
      next.language !== now.language ||
      Boolean(next.onOpen) !== Boolean(now.onOpen) ||
      Boolean(next.children || now.children)
    );
  }

  override render({ line, who, marks, side, selected, reached, children, onPick, onOpen, onHear, playing }: Props) {
    const t = text().minutes;
    const own = line.participant === null;
    const state = `${line.struck ? " line-struck" : ""}${line.trouble ? " line-trouble" : ""}${side ? ` line-${side}` : ""}${playing ? " line-playing" : ""}`;
    const press = (event: MouseEvent) => {
      onPick?.(line.id);
      const word = (event.target as HTMLElement).closest<HTMLElement>("[data-ms]");
      if (word) onHear?.(line, Number(word.dataset.ms));
    };
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys of all its lines.
      <li
        class={`line line-${line.kind}${state}`}
        lang={line.language || undefined}
        data-line={line.id}
        tabIndex={onPick ? (reached ? 0 : -1) : undefined}
        aria-current={selected ? true : undefined}
        onClick={onPick && press}
        onDblClick={onOpen && (() => onOpen(line.id))}
      >
        <span class="line-head">
          <time class="line-time digits">{duration(line.from_ms)}</time>
          <span class="line-who">{own ? t.kinds[line.kind] : (who ?? t.someone)}</span>
          {line.late && <span class="tag">{t.late}</span>}
        </span>
        {children || (
          <span class="line-text">
            {line.trouble && <em class="line-lost">{t.trouble}</em>}
            {marks
              ? pieces(line.text, line.words).map((piece, at) => {
                  const heard = onHear && line.track && piece.from_ms !== null ? { "data-ms": piece.from_ms } : null;
                  if (!piece.unsure && !heard) return piece.text;
                  const Word = piece.unsure ? "u" : "span";
                  return (
                    <Word key={`${at}-${piece.text}`} class={piece.unsure ? "line-unsure" : undefined} {...heard}>
                      {piece.text}
                    </Word>
                  );
                })
              : line.text}
          </span>
        )}
      </li>
    );
  }
}
