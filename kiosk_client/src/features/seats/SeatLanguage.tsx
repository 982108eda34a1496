import type { PersonView, Unheard } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { roleOf } from "../hearing/words.ts";

interface Props {
  one: PersonView;
  people: readonly PersonView[];
  /** Nothing here understands this person: why, and what helps. */
  unheard: Unheard | undefined;
  onChange: (language: string | null, interprets: string | null) => void;
}

/** Which language this person is heard in, and for whom an interpreter speaks: the clerk's to say. */
export function SeatLanguage({ one, people, unheard, onChange }: Props) {
  const { speech: t } = courtText().bench;
  const { name, role } = one.seat;
  const known: Readonly<Record<string, string>> = t.languages;
  const languages = one.language in known ? known : { ...known, [one.language]: one.language };
  return (
    <span class="field seat-language">
      <select
        aria-label={t.speaks(name)}
        value={one.language}
        onChange={(event) => onChange(event.currentTarget.value || null, one.interprets)}
      >
        {Object.entries(languages).map(([tag, label]) => (
          <option key={tag} value={tag}>
            {label}
          </option>
        ))}
      </select>
      {role === "interpreter" && (
        <select
          aria-label={t.interprets(name)}
          value={one.interprets ?? ""}
          onChange={(event) => onChange(one.language || null, event.currentTarget.value || null)}
        >
          <option value="">{t.serves(t.everybody)}</option>
          {people
            .filter((other) => !other.staff && other.seat.role !== "interpreter")
            .map((other) => (
              <option key={other.seat.participant} value={other.seat.participant}>
                {t.serves(`${roleOf(other)} ${other.seat.name}`)}
              </option>
            ))}
        </select>
      )}
      {unheard && (
        <span class="tag tag-warn" title={either(unheard.zh, unheard.en)}>
          {t.unheard}
        </span>
      )}
    </span>
  );
}

/** What a seat says of it: nothing where somebody speaks the court's own language. */
export function languageMark(one: PersonView, people: readonly PersonView[]): string {
  const { speech: t } = courtText().bench;
  const known: Readonly<Record<string, string>> = t.languages;
  const served = people.find((other) => other.seat.participant === one.interprets);
  return [one.language && (known[one.language] ?? one.language), served && t.serves(served.seat.name)]
    .filter(Boolean)
    .join(" · ");
}
