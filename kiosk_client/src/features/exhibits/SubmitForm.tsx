import { useEffect, useRef, useState } from "preact/hooks";
import { exhibitApi } from "../../protocol/exhibits.ts";
import type { PersonView } from "../../protocol/messages.ts";
import { Refused } from "../../protocol/socket.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Field, FilePick, Notice, Progress, Select, TextArea } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { failureText } from "../order/failure.ts";

interface Props {
  hearing: Hearing;
  /** For the court, who submits for one of the parties and may choose the number. */
  court?: { parties: readonly PersonView[]; next: number };
  onDone: (words: string) => void;
  onClose: () => void;
}

const ACCEPT = ".pdf,.png,.jpg,.jpeg,.mp4,.wav,application/pdf,image/png,image/jpeg,video/mp4,audio/wav";
const MOST = 9_999;
type Wrong = Partial<Record<"file" | "name" | "source" | "purpose" | "number", string>>;

/** A file with what the court must know of it. What was uploaded is not uploaded again after a refusal. */
export function SubmitForm({ hearing, court, onDone, onClose }: Props) {
  const t = exhibitsText();
  const s = t.submit;
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [source, setSource] = useState("");
  const [purpose, setPurpose] = useState("");
  const [whose, setWhose] = useState(court?.parties[0]?.seat.participant ?? "");
  const [number, setNumber] = useState("");
  const [wrong, setWrong] = useState<Wrong>({});
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState("");
  const taken = useRef<{ file: File; sha256: string } | null>(null);
  const sending = useRef<AbortController | null>(null);
  useEffect(() => () => sending.current?.abort(), []);
  const busy = share !== null;

  function unfit(): Wrong {
    const found: Wrong = {};
    if (!file) found.file = s.problems.file;
    if (!name.trim()) found.name = s.problems.name;
    if (!source.trim()) found.source = s.problems.source;
    if (!purpose.trim()) found.purpose = s.problems.purpose;
    if (number.trim() && !(/^\d{1,4}$/.test(number.trim()) && Number(number) >= 1 && Number(number) <= MOST))
      found.number = s.problems.number;
    return found;
  }

  async function handedIn(chosen: File): Promise<string> {
    if (taken.current?.file === chosen) return taken.current.sha256;
    const session = hearing.state.peek().hearing?.session ?? "";
    const given = new AbortController();
    sending.current = given;
    const { sha256 } = await exhibitApi.handIn({
      session,
      bearer: hearing.socket.credential,
      file: chosen,
      onShare: setShare,
      signal: given.signal,
    });
    taken.current = { file: chosen, sha256 };
    return sha256;
  }

  async function send() {
    const found = unfit();
    setWrong(found);
    setProblem("");
    if (!file || Object.keys(found).length > 0) return;
    setShare(0);
    try {
      const sha256 = await handedIn(file);
      setShare(1);
      await hearing.do({
        do: "exhibit_submit",
        sha256,
        name: name.trim(),
        source: source.trim(),
        purpose: purpose.trim(),
        ...(number.trim() ? { number: Number(number) } : {}),
        ...(court && whose ? { participant: whose } : {}),
      });
      onDone(s.done);
    } catch (cause) {
      // Another file of one's own has taken its place on the server meanwhile.
      if (cause instanceof Refused && cause.code === "no-file") taken.current = null;
      if (!sending.current?.signal.aborted) setProblem(failureText(cause));
      setShare(null);
    }
  }

  function pick(chosen: File | null) {
    setFile(chosen);
    if (chosen && !name.trim()) setName(chosen.name.replace(/\.[^.]*$/, "").slice(0, 100));
  }

  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      <div>
        <FilePick label={s.file} choose={s.choose} none={s.none} accept={ACCEPT} value={file} onPick={pick} />
        {wrong.file ? (
          <p class="field-error" role="alert">
            {wrong.file}
          </p>
        ) : (
          <p class="field-hint">{s.fileHint}</p>
        )}
      </div>
      <Field
        label={t.submit.name}
        value={name}
        onInput={setName}
        hint={s.nameHint}
        error={wrong.name}
        maxLength={100}
      />
      <TextArea
        label={t.source}
        value={source}
        onInput={setSource}
        hint={s.sourceHint}
        error={wrong.source}
        rows={2}
      />
      <TextArea
        label={t.purpose}
        value={purpose}
        onInput={setPurpose}
        hint={s.purposeHint}
        error={wrong.purpose}
        rows={2}
      />
      {court && (
        <>
          <Select
            label={s.whose}
            value={whose}
            onChange={setWhose}
            options={court.parties.map((one) => ({ value: one.seat.participant, label: titleOf(one) }))}
          />
          <Field
            label={s.numberField}
            value={number}
            onInput={setNumber}
            hint={s.numberHint(court.next)}
            error={wrong.number}
            inputMode="numeric"
            maxLength={4}
          />
        </>
      )}
      {!court && <p class="soft small">{s.note}</p>}
      {busy && (share < 1 ? <Progress label={s.sending} value={share} /> : <Progress label={s.saving} />)}
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <div class="dialog-actions">
        {busy && share < 1 ? (
          <Button onClick={() => sending.current?.abort()}>{s.stop}</Button>
        ) : (
          <Button onClick={onClose}>{text().common.cancel}</Button>
        )}
        <Button kind="primary" type="submit" disabled={busy}>
          {s.yes}
        </Button>
      </div>
    </form>
  );
}
