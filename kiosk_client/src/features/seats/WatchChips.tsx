import type { WatchChip } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Icon, wallTime } from "../../ui/index.ts";
import { act } from "../bench/act.ts";
import "./watch.css";

type Doubt = Exclude<WatchChip["state"], "present" | "unknown">;
type Doubtful = WatchChip & { readonly state: Doubt };

/** What the court should look at, a seat that is not watched too; one that cannot be seen just now is no doubt about who sits there. */
export function doubts(chips: readonly WatchChip[]): readonly Doubtful[] {
  return chips.filter((chip): chip is Doubtful => chip.state !== "present" && chip.state !== "unknown");
}

/** Seats on which the watch sees nobody, several people or perhaps somebody else, until it sees the person again. */
export function WatchChips({ hearing, zone }: { hearing: Hearing; zone: string }) {
  const { desk: t } = courtText();
  const state = hearing.state.value;
  return (
    // Always there, or a screen reader would not say what comes into it.
    <section class="watch" aria-label={t.watch} aria-live="polite" aria-relevant="additions text">
      {doubts(state.watch).map((chip) => {
        const name = person(state, chip.participant)?.seat.name ?? "";
        return (
          <div key={`${chip.participant} ${chip.state}`} class={`watch-chip${chip.checked ? " watch-checked" : ""}`}>
            <Icon name={chip.checked ? "check" : "warn"} />
            <span>
              <strong>{name}</strong> {t.chips[chip.state]}
            </span>
            <span class="small digits">{t.since(wallTime(chip.since_utc_ms, "time", zone))}</span>
            {chip.checked ? (
              <span class="small">{t.checked}</span>
            ) : (
              <>
                <span class="watch-look">{t.look[chip.state]}</span>
                <Button
                  icon="check"
                  aria-label={`${t.check}：${name} ${t.chips[chip.state]}`}
                  onClick={() =>
                    act(hearing.do({ do: "seat_checked", participant: chip.participant, state: chip.state }))
                  }
                >
                  {t.check}
                </Button>
              </>
            )}
          </div>
        );
      })}
    </section>
  );
}
