import type { ComponentChildren } from "preact";

interface Option<T extends string> {
  value: T;
  label: ComponentChildren;
}

interface Props<T extends string> {
  legend: string;
  /** Hide the legend from the eye, not from a screen reader. */
  quiet?: boolean;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
}

/** One of a few, all in sight: radio buttons drawn as a segmented row. */
export function Choice<T extends string>({ legend, quiet, options, value, onChange }: Props<T>) {
  return (
    <fieldset class="choice">
      <legend class={quiet ? "only-read" : undefined}>{legend}</legend>
      <div class="choice-row">
        {options.map((option) => (
          <label key={option.value} class={option.value === value ? "choice-on" : undefined}>
            <input
              type="radio"
              name={legend}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
