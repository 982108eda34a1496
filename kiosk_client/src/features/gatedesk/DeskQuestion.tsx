import { useState } from "preact/hooks";
import { deskApi } from "../../protocol/gate.ts";
import { courtText } from "../../text/court.ts";
import { Select, TextArea } from "../../ui/index.ts";
import { Ask, Unfit } from "../order/Ask.tsx";

export type Verb = "admit" | "refuse" | "release" | "message";

interface Props {
  verb: Verb;
  session: string;
  participant: string;
  name: string;
  /** Who was looked at (`GateRow.visit`). */
  visit?: string;
  /** The one ground that there is. */
  only?: string;
  onDone: () => void;
  onClose: () => void;
}

const LEAST = 5;

/** What the clerk decides about somebody, with its ground in the clerk's own words. */
export function DeskQuestion({ verb, session, participant, name, visit, only, onDone, onClose }: Props) {
  const { desk: t } = courtText();
  const reasons = verb === "admit" ? t.admitReasons : verb === "refuse" ? t.refuseReasons : null;
  const [reason, setReason] = useState(() => only ?? Object.keys(reasons ?? {})[0] ?? "");
  const [words, setWords] = useState("");
  const title = { admit: t.admitTitle, refuse: t.refuseTitle, release: t.releaseTitle, message: t.messageTitle }[
    verb
  ];
  const act = async () => {
    const said = words.trim();
    if (said.length < (verb === "message" ? 1 : LEAST)) throw new Unfit(verb === "message" ? t.messageText : t.text);
    const desk = deskApi(session);
    if (verb === "admit") await desk.admit(participant, reason, said, visit);
    else if (verb === "refuse") await desk.refuse(participant, reason, said);
    else if (verb === "release") await desk.release(participant, said);
    else await desk.message(participant, said, false);
    onDone();
  };
  return (
    <Ask title={title(name)} yes={t[verb]} onYes={act} onClose={onClose}>
      {reasons && !only && (
        <Select
          label={t.why}
          value={reason}
          options={Object.entries(reasons).map(([value, label]) => ({ value, label }))}
          onChange={setReason}
        />
      )}
      <TextArea
        label={verb === "message" ? t.messageText : t.text}
        value={words}
        onInput={setWords}
        rows={2}
        maxLength={200}
      />
    </Ask>
  );
}
