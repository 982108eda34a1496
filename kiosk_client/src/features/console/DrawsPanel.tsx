import { useState } from "preact/hooks";
import type { DrawView, OutputsApi } from "../../protocol/outputs.ts";
import { outputsText } from "../../text/outputs.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { heads } from "../meeting/money.ts";
import { useLoaded } from "./useLoaded.ts";

/** 抽签: the commitment first, then the text that others fixed, then who was drawn. */
export function DrawsPanel({ api, running }: { api: OutputsApi; running: boolean }) {
  const t = outputsText().draws;
  const { value: draws, problem, busy, run } = useLoaded(api.draws);
  const [title, setTitle] = useState("");
  const [source, setSource] = useState("");
  const [count, setCount] = useState("22");
  const [present, setPresent] = useState(false);
  const number = Number(count);
  const complete = title.trim() !== "" && source.trim().length >= 4 && Number.isInteger(number) && number > 0;
  return (
    <section class="panel" aria-labelledby="draws-panel">
      <div class="panel-body stack">
        <h3 id="draws-panel">{t.title}</h3>
        {draws?.length === 0 && <p class="soft">{t.none}</p>}
        {draws?.map((draw) => (
          <OneDraw
            key={draw.draw}
            draw={draw}
            busy={busy || !running}
            onReveal={(text) => run(() => api.reveal(draw.draw, text))}
          />
        ))}
        {running && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              if (complete) void run(() => api.commit({ title, source, count: number, present_only: present }));
            }}
          >
            <p class="small soft">{t.lead}</p>
            <Field label={t.name} value={title} onInput={setTitle} maxLength={200} autocomplete="off" />
            <Field label={t.source} value={source} onInput={setSource} maxLength={500} autocomplete="off" />
            <Field label={t.count} value={count} onInput={setCount} inputMode="numeric" autocomplete="off" />
            <label class="row">
              <input
                type="checkbox"
                checked={present}
                onChange={(event) => setPresent(event.currentTarget.checked)}
              />
              {t.present}
            </label>
            <div class="row">
              <Button type="submit" disabled={!complete || busy}>
                {t.begin}
              </Button>
            </div>
          </form>
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </section>
  );
}

interface OneProps {
  draw: DrawView;
  busy: boolean;
  onReveal: (text: string) => Promise<boolean>;
}

function OneDraw({ draw, busy, onReveal }: OneProps) {
  const t = outputsText().draws;
  const [text, setText] = useState("");
  return (
    <div class="stack">
      <h4>{draw.title}</h4>
      <p class="digits">
        {t.of(heads(draw.count), heads(draw.pool_size))} · {t.source}：{draw.source}
      </p>
      <p class="small soft run-root">
        {t.commitment} {draw.commitment}
      </p>
      {draw.secret ? (
        <p>
          {t.chosen}：{draw.chosen.map((each) => `${each.name}（${each.creditor}）`).join("、")}
        </p>
      ) : (
        <>
          <Field label={t.public} value={text} onInput={setText} maxLength={500} autocomplete="off" />
          <div class="row">
            <Button disabled={busy || text.trim() === ""} onClick={() => void onReveal(text)}>
              {t.reveal}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
