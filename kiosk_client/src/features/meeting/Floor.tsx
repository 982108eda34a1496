import { useState } from "preact/hooks";
import type { MeetingView, Mine } from "../../protocol/meeting.ts";
import type { Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Notice, TextArea } from "../../ui/index.ts";
import { failureOf } from "./names.ts";

interface Props {
  meeting: Meeting;
  view: MeetingView;
  mine: Mine;
}

/** Into the queue of speakers and out again, and questions in writing. */
export function Floor({ meeting, view, mine }: Props) {
  const t = meetingText().floor;
  const [question, setQuestion] = useState("");
  const [wrong, setWrong] = useState("");
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  if (view.state === "closed") return null;
  const own = mine.floor;

  async function run(what: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    setProblem("");
    try {
      await what();
      return true;
    } catch (cause) {
      setProblem(failureOf(cause));
      return false;
    } finally {
      setBusy(false);
    }
  }
  async function ask() {
    if (!question.trim()) return setWrong(t.empty);
    if (await run(() => meeting.ask(question.trim()))) {
      setQuestion("");
      setSent(true);
    }
  }
  return (
    <section class="card floor" aria-labelledby="floor-title">
      <h2 id="floor-title">{t.title}</h2>
      <p class={own ? "floor-own" : undefined} role="status">
        {own ? t.you : view.speaking ? t.speaking(view.speaking) : t.nobody}
        {view.queue > 0 && <span class="soft"> · {t.waiting(view.queue)}</span>}
      </p>
      {mine.place === null ? (
        !own && (
          <Button wide icon="hand" disabled={busy} onClick={() => void run(() => meeting.askFloor())}>
            {t.ask}
          </Button>
        )
      ) : (
        <div class="row floor-place">
          <strong class="grow" role="status">
            {t.place(mine.place)}
          </strong>
          <Button disabled={busy} onClick={() => void run(() => meeting.leaveQueue())}>
            {t.leave}
          </Button>
        </div>
      )}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <TextArea
          label={t.question}
          hint={t.hint}
          value={question}
          error={wrong}
          maxLength={500}
          onInput={(value) => {
            setQuestion(value);
            setWrong("");
            setSent(false);
          }}
        />
        {sent && <Notice tone="ok">{t.sent}</Notice>}
        <Button type="submit" wide disabled={busy}>
          {t.send}
        </Button>
      </form>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
    </section>
  );
}
