import { consoleText } from "../../text/console.ts";

interface PickProps<T extends string> {
  legend: string;
  values: readonly T[];
  words: Readonly<Record<T, string>>;
  value: T;
  usual: T;
  onChange: (value: T) => void;
}

/** One of a few, each in a sentence; the usual one is marked. */
export function Pick<T extends string>({ legend, values, words, value, usual, onChange }: PickProps<T>) {
  return (
    <fieldset class="run-pick">
      <legend>{legend}</legend>
      {values.map((each) => (
        <label key={each} class="tick">
          <input type="radio" name={legend} checked={each === value} onChange={() => onChange(each)} />
          <span>
            {words[each]}
            {each === usual && <strong>{consoleText().motion.usual}</strong>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
