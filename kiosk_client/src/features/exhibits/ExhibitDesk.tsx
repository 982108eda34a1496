import { useEffect, useRef, useState } from "preact/hooks";
import type { AnyCommand, ExhibitRow } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { type Asked, DeskDialog } from "./DeskDialog.tsx";
import { DeskRow } from "./DeskRow.tsx";
import { isParty, mayChange, mayShow } from "./rules.ts";
import { useExhibits } from "./useExhibits.ts";
import "./exhibits.css";

interface Props {
  hearing: Hearing;
  /** Grows when a key asks for the list: it takes the focus. */
  grab?: number;
}

/** The court's register of exhibits by number: hand in for a party, review, show, write down opinions. */
export function ExhibitDesk({ hearing, grab = 0 }: Props) {
  const t = exhibitsText();
  const { list, problem: unread, again } = useExhibits(hearing);
  const [picked, setPicked] = useState<number | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [told, setTold] = useState("");
  const [problem, setProblem] = useState("");
  const rows = useRef<HTMLOListElement>(null);
  const { hearing: view, rights } = hearing.state.value;
  const there = list !== null;
  useEffect(() => {
    if (grab > 0 && there) headsIn(rows.current)[0]?.focus();
  }, [grab, there]);

  if (!list || !view)
    return (
      <div class="exhibit-desk">
        {unread ? (
          <Notice tone="bad" title={t.unread} urgent actions={<Button onClick={again}>{text().common.retry}</Button>}>
            {unread}
          </Notice>
        ) : (
          <Progress label={text().common.loading} />
        )}
      </div>
    );
  // A command given into a lost connection would be carried out minutes later.
  const may = mayChange(view.state) && hearing.link.value.at === "open";
  const admits = rights.includes("admit");
  const arranges = rights.includes("arrange");
  const parties = view.people.filter(isParty);
  const send = async (command: AnyCommand) => {
    await hearing.do(command);
    setProblem("");
  };
  const run = (command: AnyCommand) => {
    setTold("");
    send(command).catch((cause: unknown) => setProblem(failureText(cause)));
  };
  const show = (row: ExhibitRow) => run({ do: "exhibit_show", number: row.number, shown: !row.shown });
  const done = (words: string) => {
    setTold(words);
    setProblem("");
    setAsked(null);
    again();
  };

  /** Arrows move between rows; S shows the row that has the focus, or stops showing it. */
  function keyed(event: KeyboardEvent) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const heads = headsIn(rows.current);
    const at = heads.indexOf(event.target as HTMLButtonElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: heads.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      heads[to]?.focus();
      return;
    }
    const row = list?.exhibits[at];
    if ((event.key !== "s" && event.key !== "S") || event.repeat || !row || !view) return;
    if (may && arranges && (row.shown || mayShow(row, view.state))) {
      event.stopPropagation();
      show(row);
    }
  }

  return (
    <section class="exhibit-desk" aria-label={t.title}>
      <header class="exhibit-desk-head">
        <h3 class="grow">{t.count(list.exhibits.length)}</h3>
        {may && admits && (
          <Button icon="plus" onClick={() => setAsked({ what: "submit" })}>
            {t.submit.open}
          </Button>
        )}
      </header>
      <p class="exhibit-told" role="status">
        {told}
      </p>
      {(problem || unread) && (
        <Notice tone="bad" urgent>
          {problem || unread}
        </Notice>
      )}
      {!mayChange(view.state) && <p class="soft small">{t.over}</p>}
      {list.exhibits.length === 0 ? (
        <p class="soft small">{t.empty}</p>
      ) : (
        <>
          <p class="soft small">{t.court.keys}</p>
          <ol class="exhibit-rows" aria-label={t.list} ref={rows} onKeyDown={keyed}>
            {list.exhibits.map((row) => (
              <DeskRow
                key={row.number}
                hearing={hearing}
                row={row}
                open={picked === row.number}
                may={may}
                admits={admits}
                arranges={arranges}
                showable={mayShow(row, view.state)}
                parties={parties}
                onToggle={() => setPicked(picked === row.number ? null : row.number)}
                onShow={() => show(row)}
                onRun={run}
                onAsk={setAsked}
              />
            ))}
          </ol>
        </>
      )}
      {asked && (
        <DeskDialog
          hearing={hearing}
          asked={asked}
          rows={list.exhibits}
          next={list.next_number ?? 1}
          parties={parties}
          onSend={send}
          onDone={done}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function headsIn(list: HTMLOListElement | null): HTMLButtonElement[] {
  return [...(list?.querySelectorAll<HTMLButtonElement>(".exhibit-row-head") ?? [])];
}
