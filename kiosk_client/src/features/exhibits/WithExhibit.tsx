import type { ComponentChildren } from "preact";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { Icon } from "../../ui/index.ts";
import { ExhibitFile } from "./ExhibitFile.tsx";
import "./exhibits.css";

interface Props {
  hearing: Hearing;
  /** A wall. */
  still?: boolean;
  /** Beside the name, e.g. what one may do about it. */
  actions?: ComponentChildren;
  /** The pictures. */
  children: ComponentChildren;
}

/** The exhibit that the room sees now, beside the pictures or above them; the pictures alone while there is none. */
export function WithExhibit({ hearing, still, actions, children }: Props) {
  const t = exhibitsText();
  const { hearing: view, rights } = hearing.state.value;
  const shown = view?.exhibit ?? null;
  const turns = !still && rights.includes("arrange");
  return (
    <div class={`with-exhibit${shown ? " with-exhibit-shown" : ""}`}>
      {shown && (
        <section
          class="exhibit-shown"
          aria-label={`${t.shownNow} ${t.full(shown.number, shown.name)}`}
          data-exhibit={shown.number}
        >
          <header class="exhibit-head">
            <p class="grow" role="status">
              <Icon name="doc" />
              <span class="exhibit-now">{t.shownNow}</span>
              <strong>{t.full(shown.number, shown.name)}</strong>
              {shown.pages > 1 && <span class="exhibit-page">{t.pages.at(shown.page, shown.pages)}</span>}
            </p>
            {actions}
          </header>
          <div class="exhibit-body">
            <ExhibitFile
              key={`${shown.number} ${shown.sha256}`}
              hearing={hearing}
              exhibit={shown}
              page={shown.page}
              onTurn={turns ? (page) => hearing.do({ do: "exhibit_show", number: shown.number, page }) : undefined}
              still={still}
            />
          </div>
        </section>
      )}
      <div class="with-exhibit-pictures">{children}</div>
    </div>
  );
}
