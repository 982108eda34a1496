import type { ComponentChildren } from "preact";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Shrinks to its content. */
  narrow?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** What to say when there is nothing. */
  empty: ComponentChildren;
  onPick?: (row: Row) => void;
  picked?: string | null;
}

/** Rows with a head; where they have little room each row folds into a card with its column names. */
export function Table<Row>({ caption, columns, rows, rowKey, empty, onPick, picked }: Props<Row>) {
  if (rows.length === 0) return <div class="table-empty">{empty}</div>;
  return (
    <div class="table-room">
      <table class="table">
        <caption class="only-read">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={column.narrow ? "narrow" : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = rowKey(row);
            return (
              <tr
                key={key}
                class={`${onPick ? "table-pick" : ""}${picked === key ? " table-picked" : ""}`}
                onClick={onPick && (() => onPick(row))}
              >
                {columns.map((column) => (
                  <td key={column.key} data-title={column.title} class={column.narrow ? "narrow" : undefined}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
