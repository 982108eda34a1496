import type { LateReceipt } from "../../protocol/meetingApi.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Dialog, Notice, wallTime } from "../../ui/index.ts";
import { saveJson } from "./names.ts";

/** The court's word that a ballot came, and came too late. */
export function LateDialog({ late, onClose }: { late: LateReceipt; onClose: () => void }) {
  const t = meetingText();
  const save = () => saveJson(`yunting-late-${late.motion}-${late.utc_ms}.json`, late);
  return (
    <Dialog
      open
      form="sheet"
      title={t.receipt.lateTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={save}>{t.receipt.save}</Button>
          <Button kind="primary" onClick={onClose}>
            {t.ballot.close}
          </Button>
        </>
      }
    >
      <Notice tone="warn">{t.receipt.lateLead(wallTime(late.utc_ms, "full"))}</Notice>
    </Dialog>
  );
}
