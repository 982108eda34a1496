import { courtText } from "../../text/court.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog } from "../../ui/index.ts";

export function KeyHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { bench: t, court } = courtText();
  const rows: [string, string][] = [
    [court.keySpace, t.keys.space],
    ["G", t.keys.g],
    ["M", t.keys.m],
    ["1 – 5", `${t.keys.layouts}：${Object.values(court.layouts).join("、")}`],
    ["E", exhibitsText().court.key],
    ["?", t.keys.help],
  ];
  return (
    <Dialog
      open={open}
      title={t.keyboard}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {text().common.close}
        </Button>
      }
    >
      <dl class="facts">
        {rows.map(([key, words]) => (
          <>
            <dt key={key}>
              <kbd>{key}</kbd>
            </dt>
            <dd key={`${key}-words`}>{words}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}
