import { useState } from "preact/hooks";
import type { ConsoleApi, CreditorRow } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import { agendaText } from "../../text/agenda.ts";
import { consoleText } from "../../text/console.ts";
import { text } from "../../text/index.ts";
import { Button, CopyButton, Dialog, Field, FilePick, Notice, Select } from "../../ui/index.ts";
import { Ask, failureText, Unfit } from "../order/Ask.tsx";
import { digestOf } from "./digest.ts";
import { MandateScope, type Scope, scopeBody } from "./MandateScope.tsx";

interface MandateProps {
  api: ConsoleApi;
  motions: readonly MotionView[];
  principal: CreditorRow;
  onClose: () => void;
}

/** 委托: who votes for whom, with the fingerprint of the written mandate; then the agent's link. */
export function MandateDialog({ api, motions, principal, onClose }: MandateProps) {
  const t = consoleText().people;
  const { common } = text();
  const roll = consoleText().roll;
  const [agent, setAgent] = useState("");
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [scope, setScope] = useState<Scope>(null);
  const [link, setLink] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function save() {
    if (!file) return setProblem(t.documentMissing);
    if (scope?.size === 0) return setProblem(agendaText().scope.missing);
    setBusy(true);
    setProblem(null);
    try {
      const made = await api.mandate({
        principal: principal.creditor,
        agent: agent.trim() || null,
        agent_name: agent.trim() ? null : name.trim() || null,
        agent_number: agent.trim() ? "" : number.trim(),
        ...scopeBody(scope),
        document: await digestOf(file),
      });
      setLink(made.link);
    } catch (cause) {
      setProblem(failureText(cause));
    }
    setBusy(false);
  }

  return (
    <Dialog
      open
      title={t.mandateTitle(principal.name)}
      onClose={onClose}
      actions={
        link ? (
          <Button kind="primary" onClick={onClose}>
            {common.close}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{common.cancel}</Button>
            <Button kind="primary" disabled={busy} onClick={() => void save()}>
              {t.mandate}
            </Button>
          </>
        )
      }
    >
      {link ? (
        <div class="stack">
          <p>{t.mandateDone}</p>
          <p class="secret">{link}</p>
          <CopyButton value={link} label={t.copy} copied={t.copied} />
        </div>
      ) : (
        <div class="stack">
          <p class="soft">{t.mandateHint}</p>
          <Field label={t.agentId} value={agent} onInput={setAgent} maxLength={64} autocomplete="off" />
          {!agent.trim() && (
            <>
              <Field label={t.agentName} value={name} onInput={setName} maxLength={60} autocomplete="off" />
              <Field label={t.agentNumber} value={number} onInput={setNumber} maxLength={40} autocomplete="off" />
            </>
          )}
          <MandateScope motions={motions} scope={scope} onChange={setScope} />
          <FilePick
            label={t.document}
            choose={roll.choose}
            none={t.documentHint}
            accept="image/*,.pdf"
            value={file}
            onPick={setFile}
          />
          {problem && (
            <Notice tone="bad" urgent>
              {problem}
            </Notice>
          )}
        </div>
      )}
    </Dialog>
  );
}

interface ExclusionProps {
  api: ConsoleApi;
  creditor: CreditorRow;
  motions: readonly MotionView[];
  onDone: () => Promise<void>;
  onClose: () => void;
}

/** 回避 in one round, by the court's decision. */
export function ExclusionDialog({ api, creditor, motions, onDone, onClose }: ExclusionProps) {
  const t = consoleText().people;
  const open = motions.filter((motion) => motion.state === "open" || motion.state === "draft");
  const key = (motion: MotionView) => `${motion.motion}/${motion.round}`;
  const [picked, setPicked] = useState(open[0] ? key(open[0]) : "");
  const [reference, setReference] = useState("");
  return (
    <Ask
      title={t.excludeTitle(creditor.name)}
      yes={t.exclude}
      onYes={async () => {
        const motion = open.find((each) => key(each) === picked);
        if (!motion) throw new Unfit(t.noMotion);
        if (!reference.trim()) throw new Unfit(t.courtRef);
        await api.exclude({
          motion: motion.motion,
          round: motion.round,
          creditor: creditor.creditor,
          court_ref: reference.trim(),
        });
        await onDone();
      }}
      onClose={onClose}
    >
      <p>{t.excludeHint}</p>
      {open.length === 0 ? (
        <p class="soft">{t.noMotion}</p>
      ) : (
        <Select
          label={t.motion}
          value={picked}
          options={open.map((motion) => ({ value: key(motion), label: motion.title }))}
          onChange={setPicked}
        />
      )}
      <Field label={t.courtRef} value={reference} onInput={setReference} maxLength={500} />
    </Ask>
  );
}
