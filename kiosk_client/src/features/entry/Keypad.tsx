import { useEffect, useRef } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Button, Icon } from "../../ui/index.ts";

interface Props {
  value: string;
  onChange: (digits: string) => void;
  onDone: () => void;
  busy?: boolean;
  error?: string | null;
}

const LENGTH = 8;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** The hearing code on large keys; a keyboard types it as well. */
export function Keypad({ value, onChange, onDone, busy, error }: Props) {
  const t = text();
  const c = t.party.code;
  // A code reader types faster than a page renders, so the newest digits are kept apart from what is drawn.
  const newest = useRef(value);
  newest.current = value;
  const change = (digits: string) => {
    if (busy || digits.length > LENGTH) return;
    newest.current = digits;
    onChange(digits);
  };
  const add = (digit: string) => change(newest.current + digit);
  const erase = () => change(newest.current.slice(0, -1));
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^\d$/.test(event.key)) add(event.key);
      else if (event.key === "Backspace") erase();
      else if (
        event.key === "Enter" &&
        newest.current.length === LENGTH &&
        !(event.target instanceof HTMLButtonElement)
      )
        onDone();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  return (
    <div class="keypad">
      <div class={`keypad-digits digits${error ? " keypad-wrong" : ""}`} aria-hidden="true">
        {Array.from({ length: LENGTH }, (_, index) => index).map((index) => (
          <span key={index} class={index === value.length ? "keypad-next" : undefined}>
            {value[index] ?? ""}
          </span>
        ))}
      </div>
      <p class="only-read" role="status">
        {c.typed(value.length)}
      </p>
      <p class={error ? "field-error" : "soft"} role={error ? "alert" : undefined}>
        {error ?? c.hint}
      </p>
      <div class="keypad-keys">
        {KEYS.map((digit) => (
          <button key={digit} type="button" class="key digits" onClick={() => add(digit)}>
            {digit}
          </button>
        ))}
        <button type="button" class="key key-word" onClick={() => change("")}>
          {c.clear}
        </button>
        <button type="button" class="key digits" onClick={() => add("0")}>
          0
        </button>
        <button type="button" class="key" aria-label={c.erase} onClick={erase}>
          <Icon name="backspace" />
        </button>
      </div>
      <Button kind="primary" big wide disabled={value.length < LENGTH || busy} onClick={onDone}>
        {busy ? t.common.loading : c.go}
      </Button>
    </div>
  );
}
