import { useState } from "preact/hooks";
import type { DocumentRow, OutputsApi } from "../../protocol/outputs.ts";
import { outputsText } from "../../text/outputs.ts";
import { Button, Field, FilePick, Notice } from "../../ui/index.ts";
import { heads } from "../meeting/money.ts";
import { Ask } from "../order/Ask.tsx";
import { useLoaded } from "./useLoaded.ts";

interface Props {
  api: OutputsApi;
  /** Whether this account lays documents before the creditors. */
  writes: boolean;
}

/** 会议文件: laid before the creditors, put in order, removed with a reason; by how many each was opened. */
export function DocumentsPanel({ api, writes }: Props) {
  const t = outputsText().documents;
  const { value: rows, setValue, problem, busy, run } = useLoaded(api.documents);
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState("");
  const [removing, setRemoving] = useState<DocumentRow | null>(null);
  const standing = rows?.filter((row) => row.removed_utc_ms === null) ?? [];

  function pick(next: File | null) {
    setFile(next);
    if (next && !title) setTitle(next.name.replace(/\.[^.]+$/, ""));
  }
  async function add() {
    if (file && (await run(() => api.upload(file, title)))) {
      setFile(null);
      setTitle("");
    }
  }
  return (
    <section class="panel" aria-labelledby="documents-panel">
      <div class="panel-body stack">
        <h3 id="documents-panel">{t.title}</h3>
        {rows?.length === 0 && <p class="soft">{t.none}</p>}
        <ul class="outputs-list">
          {rows?.map((row) => (
            <li key={row.document}>
              <div class="grow">
                <a href={api.documentUrl(row.document)}>{row.title}</a>
                <p class="small soft digits">
                  {row.kind.toUpperCase()} · {t.read(heads(row.read), heads(row.creditors))}
                  {row.removed_utc_ms !== null && ` · ${t.removed(row.reason)}`}
                </p>
                <p class="small soft run-root">SHA-256 {row.sha256}</p>
              </div>
              <div class="row-end">
                <a class="button button-plain" href={api.readsUrl(row.document)} download>
                  {t.reads}
                </a>
                {writes && row.removed_utc_ms === null && (
                  <>
                    {standing.indexOf(row) > 0 && (
                      <Button
                        kind="quiet"
                        aria-label={`${t.up} ${row.title}`}
                        onClick={() => void run(() => api.place(row.document, standing.indexOf(row)))}
                      >
                        {t.up}
                      </Button>
                    )}
                    <Button kind="quiet" aria-label={`${t.remove} ${row.title}`} onClick={() => setRemoving(row)}>
                      {t.remove}
                    </Button>
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
        {writes && (
          <>
            <p class="small soft">{t.lead}</p>
            <FilePick
              label={t.title}
              choose={t.choose}
              none={t.noFile}
              accept=".pdf,.ofd,.docx,.xlsx,.png,.jpg,.jpeg"
              value={file}
              onPick={pick}
            />
            <Field label={t.name} value={title} onInput={setTitle} maxLength={200} autocomplete="off" />
            <div class="row">
              <Button disabled={!file || !title.trim() || busy} onClick={() => void add()}>
                {t.add}
              </Button>
            </div>
          </>
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
      {removing && (
        <Ask
          title={`${t.remove}：${removing.title}`}
          yes={t.remove}
          reason="required"
          onYes={async (reason) => setValue(await api.remove(removing.document, reason))}
          onClose={() => setRemoving(null)}
        >
          <p>{t.removeAsk}</p>
        </Ask>
      )}
    </section>
  );
}
