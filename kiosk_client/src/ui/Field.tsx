import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string;
  error?: string;
  type?: "text" | "password" | "tel" | "date" | "time" | "datetime-local" | "number";
  required?: boolean;
  disabled?: boolean;
  autocomplete?: string;
  inputMode?: "text" | "numeric" | "tel";
  placeholder?: string;
  maxLength?: number;
  autoFocus?: boolean;
}

export function Field({ label, value, onInput, hint, error, required, type = "text", autocomplete, ...rest }: Props) {
  const id = useId();
  return (
    <div class={`field${error ? " field-wrong" : ""}`}>
      <label for={id}>
        {label}
        {required && <span aria-hidden="true"> *</span>}
      </label>
      <input
        {...rest}
        // The attribute types of each input kind differ; every kind named above takes these.
        {...({ type, autocomplete } as { type: "text"; autocomplete?: "off" })}
        id={id}
        value={value}
        required={required}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-note` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {(error || hint) && (
        <p id={`${id}-note`} class={error ? "field-error" : "field-hint"} role={error ? "alert" : undefined}>
          {error || hint}
        </p>
      )}
    </div>
  );
}

interface TickProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  children: ComponentChildren;
}

/** One box to tick; the whole line is the target. */
export function Tick({ checked, onChange, disabled, children }: TickProps) {
  return (
    <label class={`tick${disabled ? " tick-disabled" : ""}`}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function Select({ label, value, options, onChange, disabled }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
