import type { PersonView } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { Button, Select } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";

interface Props {
  people: readonly PersonView[];
  words: string;
  speaker: string;
  onWords: (words: string) => void;
  onSpeaker: (participant: string) => void;
  onWrite: () => void;
}

/** A line of the clerk's own, or what somebody said and no engine heard. */
export function Composer({ people, words, speaker, onWords, onSpeaker, onWrite }: Props) {
  const t = courtText().editor;
  const options = [
    { value: "", label: t.ownWords },
    ...people.map((one) => ({ value: one.seat.participant, label: titleOf(one) })),
  ];
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        onWrite();
      }}
    >
      <Select label={t.speaker} value={speaker} options={options} onChange={onSpeaker} />
      <div class="field">
        <label for="composer-words">{t.writeLabel}</label>
        <textarea
          id="composer-words"
          rows={2}
          maxLength={4000}
          value={words}
          onInput={(event) => onWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && event.ctrlKey && !event.isComposing) onWrite();
          }}
        />
      </div>
      <Button kind="primary" type="submit" disabled={words.trim() === ""}>
        {t.writeDo}
      </Button>
    </form>
  );
}
