import { useState } from "preact/hooks";
import { type Device, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Choice, CopyButton, Dialog, Field, Notice, Table } from "../../ui/index.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { ListPanel, useList } from "./ListPanel.tsx";

/** Displays and kiosks: each carries a credential of its own, shown once. */
export function Devices({ court }: { court: string }) {
  const { staff, court: words } = courtText();
  const t = staff.operator;
  const list = useList(staffApi.devices);
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Device | null>(null);

  return (
    <ListPanel
      title={t.devices}
      add={t.createDevice}
      onAdd={() => setMaking(true)}
      list={list}
      table={(devices) => (
        <Table
          caption={t.devices}
          rows={devices}
          rowKey={(row) => row.id}
          empty={t.devicesEmpty}
          columns={[
            { key: "name", title: t.deviceName, cell: (row) => <strong>{row.name}</strong> },
            { key: "kind", title: t.deviceKind, cell: (row) => t.kinds[row.kind] },
            { key: "court", title: t.court, cell: (row) => row.court },
            {
              key: "do",
              title: words.act,
              narrow: true,
              cell: (row) => (
                <Button kind="danger" onClick={() => setEnding(row)}>
                  {t.revokeDevice}
                </Button>
              ),
            },
          ]}
        />
      )}
    >
      {making && (
        <DeviceForm
          court={court}
          onClose={() => {
            setMaking(false);
            void list.load();
          }}
        />
      )}
      {ending && (
        <Ask
          title={t.revokeDeviceTitle(ending.name)}
          yes={t.revokeDevice}
          onYes={() => staffApi.deleteDevice(ending.id)}
          onClose={() => {
            setEnding(null);
            void list.load();
          }}
        >
          <p>{t.revokeDeviceText}</p>
        </Ask>
      )}
    </ListPanel>
  );
}

function DeviceForm({ court, onClose }: { court: string; onClose: () => void }) {
  const { staff, court: words, clerk } = courtText();
  const t = staff.operator;
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Device["kind"]>("display");
  const [made, setMade] = useState<Device | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function make() {
    if (name.trim() === "") {
      setProblem(clerk.seatProblems.name);
      return;
    }
    try {
      setMade(await staffApi.createDevice({ name: name.trim(), kind, court }));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }

  if (made)
    return (
      <Dialog
        open
        title={`${t.credential} · ${made.name}`}
        onClose={onClose}
        actions={
          <Button kind="primary" onClick={onClose}>
            {t.credentialDone}
          </Button>
        }
      >
        <div class="stack">
          <Notice tone="warn">{t.credentialOnce}</Notice>
          <p class="secret">{made.credential}</p>
          <CopyButton value={made.credential ?? ""} label={words.copy} copied={words.copied} />
        </div>
      </Dialog>
    );
  return (
    <Dialog
      open
      title={t.createDevice}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" onClick={() => void make()}>
            {t.createDevice}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Field label={t.deviceName} hint={t.deviceNameHint} value={name} onInput={setName} maxLength={60} />
        <Choice
          legend={t.deviceKind}
          options={[
            { value: "display" as const, label: t.kinds.display },
            { value: "kiosk" as const, label: t.kinds.kiosk },
          ]}
          value={kind}
          onChange={setKind}
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
