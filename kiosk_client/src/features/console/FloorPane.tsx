import { useState } from "preact/hooks";
import type { Console, ConsoleApi } from "../../protocol/console.ts";
import { consoleText } from "../../text/console.ts";
import { Button, Notice, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

interface Props {
  api: ConsoleApi;
  zone: string;
  console: Console;
  onChange: () => Promise<void>;
}

/** Who speaks, who waits to, and what was asked in writing. */
export function FloorPane({ api, zone, console, onChange }: Props) {
  const t = consoleText().floor;
  const [problem, setProblem] = useState<string | null>(null);
  async function give(person: string | null) {
    try {
      await api.giveFloor(person);
      await onChange();
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  const { speaking } = console.meeting;
  return (
    <section class="stack">
      <div class="panel">
        <div class="panel-head">
          <h3>{speaking ? t.now(speaking) : t.nobody}</h3>
          {speaking && <Button onClick={() => void give(null)}>{t.stop}</Button>}
        </div>
        <div class="panel-body stack">
          <h4>{t.queue}</h4>
          {console.speakers.length === 0 && <p class="soft">{t.empty}</p>}
          <ol class="run-queue">
            {console.speakers.map((speaker) => (
              <li key={speaker.person}>
                <span class="grow">
                  <strong>{speaker.name}</strong>{" "}
                  <span class="small soft">{t.since(wallTime(speaker.since_utc_ms, "time", zone))}</span>
                </span>
                <Button onClick={() => void give(speaker.person)}>{t.give}</Button>
              </li>
            ))}
          </ol>
          {problem && (
            <Notice tone="bad" urgent>
              {problem}
            </Notice>
          )}
        </div>
      </div>
      <div class="panel">
        <div class="panel-head">
          <h3>{t.questions}</h3>
        </div>
        <div class="panel-body">
          {console.questions.length === 0 && <p class="soft">{t.noQuestions}</p>}
          <ul class="run-questions">
            {console.questions.map((question) => (
              <li key={question.id}>
                <p>{question.text}</p>
                <p class="small soft">
                  {question.name} · <span class="digits">{wallTime(question.utc_ms, "full", zone)}</span>
                </p>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </section>
  );
}
