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
  selected?: boolean;
  /** Tab comes to this one of the list. */
  reached?: boolean;
  /** Takes the place of the text while it is edited. */
  children?: ComponentChildren;
  onPick?: (id: string) => void;
  onOpen?: ((id: string) => void) | undefined;
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
      next.language !== now.language ||
      Boolean(next.onOpen) !== Boolean(now.onOpen) ||
      Boolean(next.children || now.children)
    );
  }

  override render({ line, who, marks, selected, reached, children, onPick, onOpen }: Props) {
    const t = text().minutes;
    const own = line.participant === null;
    const state = `${line.struck ? " line-struck" : ""}${line.trouble ? " line-trouble" : ""}`;
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys of all its lines.
      <li
        class={`line line-${line.kind}${state}`}
        data-line={line.id}
        tabIndex={onPick ? (reached ? 0 : -1) : undefined}
        aria-current={selected ? true : undefined}
        onClick={onPick && (() => onPick(line.id))}
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
              ? pieces(line.text, line.words).map((piece, at) =>
                  piece.unsure ? (
                    <u key={`${at}-${piece.text}`} class="line-unsure">
                      {piece.text}
                    </u>
                  ) : (
                    piece.text
                  ),
                )
              : line.text}
          </span>
        )}
      </li>
    );
  }
}
