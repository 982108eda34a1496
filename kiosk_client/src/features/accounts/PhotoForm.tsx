import { useState } from "preact/hooks";
import { type Account, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, FilePick, Notice } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

/** The photo that a colleague's face is compared with at the gate. Nobody can read it back; it can be replaced or erased. */
export function PhotoForm({ account, onClose }: { account: Account; onClose: () => void }) {
  const { operator: t } = courtText().staff;
  const { common } = text();
  const [photo, setPhoto] = useState<File | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function act(what: () => Promise<void>) {
    setBusy(true);
    setProblem(null);
    try {
      await what();
      onClose();
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      title={t.photoTitle(account.name)}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          {account.photo && (
            <Button
              kind="danger"
              disabled={busy}
              onClick={() => void act(() => staffApi.removePhoto(account.account))}
            >
              {t.photoErase}
            </Button>
          )}
          <Button
            kind="primary"
            disabled={!photo || busy}
            onClick={() => photo && void act(() => staffApi.setPhoto(account.account, photo))}
          >
            {t.photoSave}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t.photoHint}</p>
        <FilePick
          label={account.photo ? t.photoNew : t.photo}
          choose={common.photo.choose}
          none={common.photo.none}
          accept="image/jpeg,image/png"
          value={photo}
          onPick={setPhoto}
        />
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
