import type { AnchorState } from "../../protocol/console.ts";
import { consoleText } from "../../text/console.ts";
import { Notice } from "../../ui/Notice.tsx";
import { heads } from "../meeting/money.ts";

interface Props {
  anchors: readonly AnchorState[];
  /** Address of the evidence. */
  evidence: string;
}

/** Whom the log's heads are given to outside, how far, and what fails. Nothing where the settings name nobody. */
export function AnchorList({ anchors, evidence }: Props) {
  const t = consoleText().files;
  if (anchors.length === 0) return null;
  return (
    <>
      <h3>{t.anchors}</h3>
      <ul class="stack">
        {anchors.map(({ kind, where, size, failures, failure }) => (
          <li key={kind}>
            {t.anchorKind[kind]} <code class="run-root">{where}</code>{" "}
            {size > 0 ? t.anchored(heads(size)) : t.notAnchored}
            {failures > 0 && <Notice tone="warn">{t.anchorFails(heads(failures), failure)}</Notice>}
          </li>
        ))}
      </ul>
      {anchors.some(({ size }) => size > 0) && (
        <div class="row">
          <a class="button button-plain" href={evidence} download>
            {t.evidence}
          </a>
        </div>
      )}
    </>
  );
}
