import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog } from "../../ui/index.ts";

interface Props {
  hearing: Hearing;
  open: boolean;
  onClose: () => void;
  onLeft: () => void;
}

/** A deliberate departure takes two touches and says what it may cost. */
export function LeaveDialog({ hearing, open, onClose, onLeft }: Props) {
  const l = text().party.leave;
  const go = () => {
    onClose();
    // Left is left, even when the server can no longer be told: it then sees the connection go.
    hearing
      .do({ do: "leave" })
      .catch(() => undefined)
      .finally(onLeft);
  };
  return (
    <Dialog
      open={open}
      form="sheet"
      title={l.title}
      onClose={onClose}
      actions={
        <>
          <Button kind="danger" onClick={go}>
            {l.go}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {l.stay}
          </Button>
        </>
      }
    >
      <p>{l.hint}</p>
    </Dialog>
  );
}
