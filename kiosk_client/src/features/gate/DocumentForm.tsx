import { useState } from "preact/hooks";
import type { DocumentKind, GateApi } from "../../protocol/gate.ts";
import type { GateView } from "../../protocol/messages.ts";
import { either, text } from "../../text/index.ts";
import { Button, Field, Notice, Select } from "../../ui/index.ts";
import { GateFrame } from "./GateFrame.tsx";
import { idProblem, tidy } from "./idNumber.ts";
import type { Attempt } from "./useAttempt.ts";
import { useCardReader } from "./useCardReader.ts";

const TONES = { waiting: "info", read: "ok", unreadable: "warn", away: "warn" } as const;
const KINDS: readonly DocumentKind[] = ["resident_id", "passport", "uscc", "other"];

/**
 * Kind and number of the document, typed or, at a kiosk, from its card reader; the person sends them. A resident's
 * number is checked as it is typed: most mistakes never leave the page.
 */
export function DocumentForm({ view, gate, attempt }: { view: GateView; gate: GateApi; attempt: Attempt }) {
  const t = text().gate.document;
  const [kind, setKind] = useState<DocumentKind>("resident_id");
  const [number, setNumber] = useState("");
  const reader = useCardReader((card) => {
    setKind(card.kind);
    setNumber(card.number);
  });
  const bare = tidy(number);
  const resident = kind === "resident_id";
  const problem = resident ? idProblem(number) : null;
  const hint = resident && problem === "short" && bare ? t.short(bare.length) : undefined;
  const error = resident && problem === "checksum" ? t.checksum : undefined;
  const send = (event: Event) => {
    event.preventDefault();
    if (bare && problem === null) void attempt.run(() => gate.document(kind, bare));
  };
  return (
    <form class="gate-form" onSubmit={send} noValidate>
      <GateFrame
        step={1}
        title={t.title}
        lead={t.lead}
        problem={attempt.problem ?? (view.reason ? either(view.reason_zh, view.reason_en) : null)}
        actions={
          <Button kind="primary" type="submit" big wide disabled={!bare || problem !== null || attempt.busy}>
            {t.go}
          </Button>
        }
      >
        {reader !== "off" && <Notice tone={TONES[reader]}>{t.reader[reader]}</Notice>}
        <Select
          label={t.kind}
          value={kind}
          options={KINDS.map((value) => ({ value, label: t.kinds[value] }))}
          onChange={(value) => setKind(value as DocumentKind)}
        />
        <Field
          label={t.number}
          value={number}
          onInput={setNumber}
          hint={hint}
          error={error}
          autocomplete="off"
          maxLength={40}
        />
      </GateFrame>
    </form>
  );
}
