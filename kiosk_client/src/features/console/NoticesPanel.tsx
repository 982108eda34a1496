import { useState } from "preact/hooks";
import type { Delivered, NoticeBoard, OutputsApi } from "../../protocol/outputs.ts";
import { outputsText } from "../../text/outputs.ts";
import { Button, Dialog, Field, Notice, Select, wallTime } from "../../ui/index.ts";
import { heads } from "../meeting/money.ts";
import { useLoaded } from "./useLoaded.ts";

interface Props {
  api: OutputsApi;
  zone: string;
  writes: boolean;
  /** Read anew when this changes. */
  version: unknown;
}

const WAYS = ["handed", "sent", "failed", "published"] as const;

/** 表决结果告知: of each result who was told, how, and until when it has to be. */
export function NoticesPanel({ api, zone, writes, version }: Props) {
  const t = outputsText().notices;
  const { value: rows, problem, run } = useLoaded(api.notices, version);
  const [noting, setNoting] = useState<NoticeBoard | null>(null);
  const at = (utc_ms: number) => wallTime(utc_ms, "full", zone).slice(0, 16);
  return (
    <section class="panel" aria-labelledby="notices-panel">
      <div class="panel-body stack">
        <h3 id="notices-panel">{t.title}</h3>
        {rows?.length === 0 && <p class="soft">{t.none}</p>}
        {rows?.map((row) => (
          <div key={`${row.motion}/${row.round}`} class="stack">
            <h4>
              {row.title} {row.missed && <span class="tag tag-bad">{t.missed}</span>}
            </h4>
            <p class="small soft">{t.due(at(row.due_utc_ms))}</p>
            {row.announced ? (
              <>
                <p class="digits">
                  {t.counts(heads(row.creditors))}：{t.shown} {heads(row.shown)} · {t.handed} {heads(row.handed)} ·{" "}
                  {t.sent} {heads(row.sent)} · {t.failed} {heads(row.failed)} · {t.waiting} {heads(row.waiting)}
                  {row.published_utc_ms !== null && ` · ${t.published(at(row.published_utc_ms))}`}
                </p>
                <div class="row">
                  {writes && <Button onClick={() => setNoting(row)}>{t.note}</Button>}
                  <a href={api.noticeUrl(row.motion, row.round, "evidence.xlsx")} download>
                    {t.evidence}
                  </a>
                  {writes && (
                    <a href={api.noticeUrl(row.motion, row.round, "outbox.csv")} download>
                      {t.outbox}
                    </a>
                  )}
                </div>
              </>
            ) : (
              <p>{t.notAnnounced}</p>
            )}
          </div>
        ))}
        {problem && !noting && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
      {noting && (
        <NoteDialog
          row={noting}
          problem={problem}
          onSave={async (body) => {
            if (await run(() => api.deliver(noting.motion, noting.round, body))) setNoting(null);
          }}
          onClose={() => setNoting(null)}
        />
      )}
    </section>
  );
}

interface NoteProps {
  row: NoticeBoard;
  problem: string | null;
  onSave: (body: Delivered) => Promise<void>;
  onClose: () => void;
}

function NoteDialog({ row, problem, onSave, onClose }: NoteProps) {
  const t = outputsText().notices;
  const [state, setState] = useState<(typeof WAYS)[number]>("handed");
  const [who, setWho] = useState("");
  const [reference, setReference] = useState("");
  const [reason, setReason] = useState("");
  const creditors = who.split(/[\s,，、;；]+/).filter(Boolean);
  const complete = state === "handed" || state === "failed" ? creditors.length > 0 : reference.trim() !== "";
  return (
    <Dialog
      open
      title={`${t.note}：${row.title}`}
      onClose={onClose}
      actions={
        <Button
          kind="primary"
          disabled={!complete}
          onClick={() => void onSave({ state, creditors, reference, reason })}
        >
          {t.save}
        </Button>
      }
    >
      <div class="stack">
        <Select
          label={t.how}
          value={state}
          options={WAYS.map((value) => ({ value, label: t.ways[value] }))}
          onChange={(value) => setState(value as typeof state)}
        />
        {state !== "published" && (
          <Field label={t.who} hint={t.whoAll} value={who} onInput={setWho} maxLength={4000} autocomplete="off" />
        )}
        <Field label={t.reference} value={reference} onInput={setReference} maxLength={500} autocomplete="off" />
        {state === "failed" && (
          <Field label={t.reason} value={reason} onInput={setReason} maxLength={500} autocomplete="off" />
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
