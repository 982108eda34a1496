import { useState } from "preact/hooks";
import { Refused } from "../../protocol/socket.ts";
import type { Hearing } from "../../state/hearing.ts";
import { either, text } from "../../text/index.ts";
import { Button, Choice, Dialog, Notice } from "../../ui/index.ts";

interface Props {
  hearing: Hearing;
  open: boolean;
  onClose: () => void;
}

type Trouble = "sound" | "picture" | "other";

/** Tells the clerk. The usual troubles are one touch away; nobody has to type. */
export function HelpDialog({ hearing, open, onClose }: Props) {
  const t = text();
  const h = t.party.help;
  const [trouble, setTrouble] = useState<Trouble>("sound");
  const [error, setError] = useState<string | null>(null);
  const asked = hearing.self.value?.help_asked ?? false;
  const send = () => {
    setError(null);
    hearing
      .do({ do: "help", text: h[trouble] })
      .then(onClose)
      .catch((cause) =>
        setError(cause instanceof Refused ? either(cause.zh, cause.english) : t.common.errors.unexpected),
      );
  };
  return (
    <Dialog
      open={open}
      form="sheet"
      title={h.title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t.common.close}</Button>
          {!asked && (
            <Button kind="primary" onClick={send}>
              {h.send}
            </Button>
          )}
        </>
      }
    >
      <div class="stack">
        {asked ? (
          <Notice tone="ok">{t.common.helpSent}</Notice>
        ) : (
          <>
            <p>{h.hint}</p>
            <Choice
              legend={h.label}
              value={trouble}
              onChange={setTrouble}
              options={[
                { value: "sound", label: h.sound },
                { value: "picture", label: h.picture },
                { value: "other", label: h.other },
              ]}
            />
          </>
        )}
        {error && (
          <Notice tone="bad" urgent>
            {error}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
