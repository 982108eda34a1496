import { useState } from "preact/hooks";
import type { ExhibitRow, PersonView, View } from "../../protocol/messages.ts";
import { viewValues } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Choice, Notice, Select, TextArea } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { failureText } from "../order/failure.ts";

interface Props {
  hearing: Hearing;
  row: ExhibitRow;
  /** The court writes it down for one of these; without them it is one's own. */
  givers?: readonly PersonView[];
  onDone: (words: string) => void;
  onClose: () => void;
}

const QUALITIES = ["authenticity", "legality", "relevance"] as const;
type Quality = (typeof QUALITIES)[number];
type Views = Record<Quality, View | "">;
const OPEN: Views = { authenticity: "", legality: "", relevance: "" };

/** 质证意见: the three qualities, each chosen by hand, since none is the usual answer. */
export function OpinionForm({ hearing, row, givers, onDone, onClose }: Props) {
  const t = exhibitsText().opinion;
  const { me } = hearing.state.value;
  const before = (who: string) => row.opinions.find((one) => one.participant === who);
  const [whose, setWhose] = useState(givers ? (givers[0]?.seat.participant ?? "") : me);
  const [views, setViews] = useState<Views>(() => before(whose) ?? OPEN);
  const [said, setSaid] = useState(before(whose)?.text ?? "");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const choose = (who: string) => {
    setWhose(who);
    setViews(before(who) ?? OPEN);
    setSaid(before(who)?.text ?? "");
  };
  async function send() {
    const { authenticity, legality, relevance } = views;
    if (!whose || !authenticity || !legality || !relevance) return setProblem(t.incomplete);
    setBusy(true);
    setProblem("");
    try {
      await hearing.do({
        do: "exhibit_opinion",
        number: row.number,
        authenticity,
        legality,
        relevance,
        text: said.trim(),
        ...(givers ? { participant: whose } : {}),
      });
      onDone(t.done(row.number));
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }

  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <p>
        <strong>{exhibitsText().full(row.number, row.name)}</strong>
      </p>
      {givers && (
        <Select
          label={t.whose}
          value={whose}
          onChange={choose}
          options={givers.map((one) => ({ value: one.seat.participant, label: titleOf(one) }))}
        />
      )}
      {QUALITIES.map((quality) => (
        <Choice<View | "">
          key={quality}
          legend={t[quality]}
          value={views[quality]}
          onChange={(view) => setViews({ ...views, [quality]: view })}
          options={viewValues.map((value) => ({ value, label: t.views[value] }))}
        />
      ))}
      <TextArea label={t.text} value={said} onInput={setSaid} maxLength={500} />
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <div class="dialog-actions">
        <Button onClick={onClose}>{text().common.cancel}</Button>
        <Button kind="primary" type="submit" disabled={busy}>
          {t.yes}
        </Button>
      </div>
    </form>
  );
}
