import { useEffect, useState } from "preact/hooks";
import { Button } from "./Button.tsx";

interface Props {
  value: string;
  label: string;
  copied: string;
  kind?: "plain" | "quiet" | "primary";
}

async function copy(value: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    // No clipboard permission (plain HTTP, old kiosk): the old way through a selection.
    const box = document.createElement("textarea");
    box.value = value;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

/** Copies and says so for two seconds. */
export function CopyButton({ value, label, copied, kind = "plain" }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <Button
      kind={kind}
      onClick={() => void copy(value).then(() => setDone(true))}
      {...(done ? { icon: "check" } : {})}
    >
      <span aria-live="polite">{done ? copied : label}</span>
    </Button>
  );
}
