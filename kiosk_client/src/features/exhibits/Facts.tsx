import type { ExhibitRow, OpinionRow } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { bytesText } from "../exports/preflight.ts";
import { titleOf } from "../hearing/words.ts";
import "./exhibits.css";

interface Props {
  hearing: Hearing;
  row: ExhibitRow;
}

/** Who somebody is, with "own" for oneself. */
function nameOf(hearing: Hearing, participant: string): string {
  const state = hearing.state.value;
  const who = person(state, participant);
  const name = who ? titleOf(who) : participant;
  return participant === state.me ? `${name}（${exhibitsText().own}）` : name;
}

/** How far it is, in a word. */
export function StateTag({ row }: { row: ExhibitRow }) {
  const t = exhibitsText();
  return (
    <>
      {row.shown && <span class="exhibit-tag exhibit-tag-shown">{t.shownNow}</span>}
      <span class={`exhibit-tag exhibit-tag-${row.state}`}>{t.states[row.state]}</span>
    </>
  );
}

/** Where it comes from and what it is to prove. */
export function Facts({ hearing, row }: Props) {
  const t = exhibitsText();
  return (
    <dl class="exhibit-facts">
      <dt>{t.by}</dt>
      <dd>{nameOf(hearing, row.participant)}</dd>
      <dt>{t.source}</dt>
      <dd>{row.source}</dd>
      <dt>{t.purpose}</dt>
      <dd>{row.purpose}</dd>
      <dt>{t.file}</dt>
      <dd>
        {t.kinds[row.kind]} <span class="digits">{bytesText(row.size_bytes)}</span>
      </dd>
    </dl>
  );
}

/** What has been said of it, the newest of each. */
export function Opinions({ hearing, row }: Props) {
  const t = exhibitsText();
  if (row.opinions.length === 0) return null;
  return (
    <section class="exhibit-opinions" aria-label={t.opinion.list}>
      <h4>{t.opinion.list}</h4>
      <ul>
        {row.opinions.map((one) => (
          <li key={one.participant}>
            <strong>{nameOf(hearing, one.participant)}</strong>：{viewsOf(one)}
            {one.text && <p class="exhibit-said">{one.text}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function viewsOf(one: OpinionRow): string {
  const { opinion } = exhibitsText();
  return opinion.three(opinion.views[one.authenticity], opinion.views[one.legality], opinion.views[one.relevance]);
}
