import { useEffect, useState } from "preact/hooks";
import type { LineView, PersonView, RevisionsMessage } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice, Progress, wallTime } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { failureText } from "../order/Ask.tsx";

function nameIn(hearing: Hearing, participant: string): string {
  const who = person(hearing.state.value, participant);
  return who ? titleOf(who) : participant;
}

interface AssignProps {
  people: readonly PersonView[];
  now: string | null;
  onChoose: (participant: string) => void;
  onClose: () => void;
}

/** Who said it: everybody of the hearing, one key or click each. */
export function AssignDialog({ people, now, onChoose, onClose }: AssignProps) {
  return (
    <Dialog
      open
      title={courtText().editor.assignTitle}
      onClose={onClose}
      actions={<Button onClick={onClose}>{text().common.cancel}</Button>}
    >
      <div class="assign">
        {people.map((one) => (
          <Button
            key={one.seat.participant}
            pressed={one.seat.participant === now}
            onClick={() => onChoose(one.seat.participant)}
          >
            {titleOf(one)}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}

/** All that became of one line: who, when, before and after. */
export function RevisionsDialog({
  hearing,
  line,
  zone,
  onClose,
}: {
  hearing: Hearing;
  line: LineView;
  zone: string;
  onClose: () => void;
}) {
  const t = courtText().editor;
  const [found, setFound] = useState<RevisionsMessage | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let current = true;
    hearing.socket.revisions(line.id).then(
      (answer) => current && setFound(answer),
      (cause: unknown) => current && setProblem(failureText(cause)),
    );
    return () => {
      current = false;
    };
  }, [line.id, line.revision]);
  // Another speaker's revision holds ids; a person reads names.
  const shown = (change: string, words: string) =>
    change === "transcript.assigned" ? nameIn(hearing, words) : words;
  return (
    <Dialog
      open
      title={t.history}
      onClose={onClose}
      actions={<Button onClick={onClose}>{text().common.close}</Button>}
    >
      {problem && <Notice tone="bad">{problem}</Notice>}
      {!found && !problem && <Progress label={text().common.loading} />}
      {found && (
        <div class="revisions">
          {found.raw && (
            <p>
              <span class="small soft">
                {t.heard}（{found.engine}）
              </span>
              <br />
              {found.raw}
            </p>
          )}
          {found.revisions.length === 0 && <p class="soft">{t.revisionsNone}</p>}
          <ol>
            {found.revisions.map((one) => (
              <li key={one.seq}>
                <p class="small soft">
                  {wallTime(one.utc_ms, "full", zone)} · {nameIn(hearing, one.actor)} ·{" "}
                  {t.changes[one.change as keyof typeof t.changes] ?? one.change}
                </p>
                {one.before !== one.after && (
                  <dl>
                    <dt>{t.before}</dt>
                    <dd>
                      <del>{shown(one.change, one.before)}</del>
                    </dd>
                    <dt>{t.after}</dt>
                    <dd>
                      <ins>{shown(one.change, one.after)}</ins>
                    </dd>
                  </dl>
                )}
                {one.reason && (
                  <p class="small">
                    {t.reason}：{one.reason}
                  </p>
                )}
              </li>
            ))}
          </ol>
        </div>
      )}
    </Dialog>
  );
}

export function EditorKeys({ onClose }: { onClose: () => void }) {
  const t = courtText().editor;
  const rows: [string, string][] = [
    ["↑ ↓", t.keys.move],
    ["Enter", t.keys.edit],
    ["Enter / Ctrl+Enter", t.keys.save],
    ["Esc", t.keys.cancel],
    ["Alt+S", t.keys.split],
    ["Alt+M", t.keys.join],
    ["Alt+R", t.keys.assign],
    ["Alt+H", t.keys.history],
    ["Space / Alt+P", t.keys.hear],
    ["Esc", t.keys.quiet],
    ["Delete", t.keys.strike],
    ["Ctrl+Z", t.keys.undo],
    ["F2", t.templates.mark],
    ["F3", t.templates.identity],
    ["F4", t.templates.rights],
    ["F6", t.templates.discipline],
    ["F7", t.templates.exhibit],
    ["F8", t.templates.closing],
    ["F9", t.write],
    ["?", t.keys.help],
  ];
  return (
    <Dialog
      open
      title={t.keysTitle}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {text().common.close}
        </Button>
      }
    >
      <dl class="facts editor-keys">
        {rows.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
