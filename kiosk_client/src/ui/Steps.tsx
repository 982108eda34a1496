import { Icon } from "./Icon.tsx";

interface Props {
  label: string;
  steps: readonly string[];
  /** Index of the step being done. */
  current: number;
}

/** Where one is on a short way: done, now, still to come. */
export function Steps({ label, steps, current }: Props) {
  return (
    <ol class="steps" aria-label={label}>
      {steps.map((step, index) => {
        const place = index < current ? "done" : index === current ? "now" : "later";
        return (
          <li key={step} class={`step step-${place}`} aria-current={place === "now" ? "step" : undefined}>
            <span class="step-dot digits">{place === "done" ? <Icon name="check" /> : index + 1}</span>
            <span class="step-word">{step}</span>
          </li>
        );
      })}
    </ol>
  );
}
