import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Button, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

/** Rows that the server keeps, as they were when last asked for. */
export interface List<Row> {
  rows: Row[] | null;
  problem: string | null;
  load: () => Promise<void>;
  /** Say what went wrong beside the rows. */
  failed: (cause: unknown) => void;
}

/** Asks at first and at every `load`. */
export function useList<Row>(ask: () => Promise<Row[]>): List<Row> {
  const [rows, setRows] = useState<Row[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const failed = (cause: unknown) => setProblem(failureText(cause));
  const load = async () => {
    try {
      setRows(await ask());
      setProblem(null);
    } catch (cause) {
      failed(cause);
    }
  };
  useEffect(() => void load(), []);
  return { rows, problem, load, failed };
}

interface Props<Row> {
  title: string;
  add: string;
  onAdd: () => void;
  list: List<Row>;
  table: (rows: Row[]) => ComponentChildren;
  /** Dialogs. */
  children: ComponentChildren;
}

/** A list with its heading, the way to add to it, and what is wrong with it. */
export function ListPanel<Row>({ title, add, onAdd, list, table, children }: Props<Row>) {
  const { common } = text();
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        <Button kind="primary" icon="plus" onClick={onAdd}>
          {add}
        </Button>
      </div>
      {list.problem && (
        <Notice tone="bad" urgent actions={<Button onClick={() => void list.load()}>{common.retry}</Button>}>
          {list.problem}
        </Notice>
      )}
      {list.rows === null && !list.problem && (
        <div class="panel-body">
          <Progress label={common.loading} />
        </div>
      )}
      {list.rows && table(list.rows)}
      {children}
    </section>
  );
}
