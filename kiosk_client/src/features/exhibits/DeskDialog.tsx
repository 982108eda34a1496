import { useEffect } from "preact/hooks";
import type { AnyCommand, ExhibitRow, PersonView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog } from "../../ui/index.ts";
import { Ask } from "../order/Ask.tsx";
import { ExhibitFile } from "./ExhibitFile.tsx";
import { OpinionForm } from "./OpinionForm.tsx";
import { mayGiveOpinion } from "./rules.ts";
import { SubmitForm } from "./SubmitForm.tsx";

/** What the desk asks about before it acts, or shows. */
export type Asked =
  | { what: "submit" }
  | { what: "look" | "opinion" | "public" | "withdrawn" | "original_demanded"; number: number };

interface Props {
  hearing: Hearing;
  asked: Asked;
  rows: readonly ExhibitRow[];
  next: number;
  parties: readonly PersonView[];
  onSend: (command: AnyCommand) => Promise<void>;
  onDone: (words: string) => void;
  onClose: () => void;
}

export function DeskDialog({ hearing, asked, rows, next, parties, onSend, onDone, onClose }: Props) {
  const t = exhibitsText();
  const row = asked.what === "submit" ? undefined : rows.find((one) => one.number === asked.number);
  const gone = asked.what !== "submit" && !row;
  useEffect(() => {
    if (gone) onClose();
  }, [gone]);
  if (asked.what === "submit")
    return (
      <Dialog open title={t.submit.open} onClose={onClose}>
        <SubmitForm hearing={hearing} court={{ parties, next }} onDone={onDone} onClose={onClose} />
      </Dialog>
    );
  if (!row) return null;
  const { number } = row;
  const full = t.full(number, row.name);
  switch (asked.what) {
    case "look":
      return (
        <Dialog
          open
          title={full}
          onClose={onClose}
          actions={
            <Button kind="primary" onClick={onClose}>
              {text().common.close}
            </Button>
          }
        >
          <div class="exhibit-look">
            <ExhibitFile hearing={hearing} exhibit={row} />
          </div>
        </Dialog>
      );
    case "opinion":
      return (
        <Dialog open title={t.opinion.title(number)} onClose={onClose}>
          <OpinionForm
            hearing={hearing}
            row={row}
            givers={parties.filter((one) => mayGiveOpinion(row, one.seat.participant))}
            onDone={onDone}
            onClose={onClose}
          />
        </Dialog>
      );
    case "public":
      return (
        <Ask
          title={t.court.openTitle(number)}
          yes={t.court.openYes}
          onYes={() => onSend({ do: "exhibit_public", number, public: true })}
          onClose={onClose}
        >
          <p>
            <strong>{full}</strong>
          </p>
          <p>{t.court.openText}</p>
        </Ask>
      );
    default: {
      const { what } = asked;
      return (
        <Ask
          title={t.court.askTitle[what](number)}
          yes={t.court[what]}
          reason="optional"
          onYes={(reason) => onSend({ do: "exhibit_state", number, state: what, reason })}
          onClose={onClose}
        >
          <p>
            <strong>{full}</strong>
          </p>
          {what === "withdrawn" && <p>{t.withdraw.text}</p>}
        </Ask>
      );
    }
  }
}
