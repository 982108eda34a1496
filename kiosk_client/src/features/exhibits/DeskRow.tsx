import { useId } from "preact/hooks";
import type { AnyCommand, ExhibitRow, PersonView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { Button } from "../../ui/index.ts";
import type { Asked } from "./DeskDialog.tsx";
import { Facts, Opinions, StateTag } from "./Facts.tsx";
import { mayGiveOpinion, stepsOf } from "./rules.ts";

interface Props {
  hearing: Hearing;
  row: ExhibitRow;
  open: boolean;
  /** The register may change now. */
  may: boolean;
  admits: boolean;
  arranges: boolean;
  showable: boolean;
  parties: readonly PersonView[];
  onToggle: () => void;
  onShow: () => void;
  onRun: (command: AnyCommand) => void;
  onAsk: (asked: Asked) => void;
}

/** One exhibit in the court's register; what may be done with it comes when it is unfolded. */
export function DeskRow(props: Props) {
  const { hearing, row, open, may, admits, arranges, showable, parties, onToggle, onShow, onRun, onAsk } = props;
  const t = exhibitsText();
  const id = useId();
  const { number } = row;
  const givers = parties.some((one) => mayGiveOpinion(row, one.seat.participant));
  return (
    <li class="exhibit-row" data-exhibit={number}>
      <button type="button" class="exhibit-row-head" aria-expanded={open} aria-controls={id} onClick={onToggle}>
        <span class="grow">{t.full(number, row.name)}</span>
        {row.public && <span class="exhibit-tag">{t.public}</span>}
        <StateTag row={row} />
      </button>
      {open && (
        <div id={id} class="exhibit-row-body">
          <Facts hearing={hearing} row={row} />
          <div class="exhibit-acts">
            {may && arranges && (row.shown || showable) && (
              <Button kind="primary" icon="screen" onClick={onShow}>
                {row.shown ? t.court.hide : t.court.show}
              </Button>
            )}
            <Button icon="doc" onClick={() => onAsk({ what: "look", number })}>
              {t.look}
            </Button>
            {may &&
              admits &&
              stepsOf(row).map((step) => (
                <Button
                  key={step}
                  kind={step === "withdrawn" ? "danger" : step === "reviewed" && !showable ? "primary" : "plain"}
                  onClick={() =>
                    step === "reviewed" || step === "cross_examined"
                      ? onRun({ do: "exhibit_state", number, state: step })
                      : onAsk({ what: step, number })
                  }
                >
                  {t.court[step]}
                </Button>
              ))}
            {may && admits && givers && (
              <Button onClick={() => onAsk({ what: "opinion", number })}>{t.opinion.write}</Button>
            )}
            {may && admits && row.state !== "withdrawn" && (
              <Button
                onClick={() =>
                  row.public
                    ? onRun({ do: "exhibit_public", number, public: false })
                    : onAsk({ what: "public", number })
                }
              >
                {row.public ? t.court.close : t.court.open}
              </Button>
            )}
          </div>
          {row.opinions.length === 0 ? (
            <p class="soft small">{t.opinion.none}</p>
          ) : (
            <Opinions hearing={hearing} row={row} />
          )}
        </div>
      )}
    </li>
  );
}
