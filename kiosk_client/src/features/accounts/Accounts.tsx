import { useState } from "preact/hooks";
import { type Account, type StaffRole, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Button, Table, wallTime } from "../../ui/index.ts";
import { Ask } from "../order/Ask.tsx";
import { AccountForm, PasswordReset, RoleChange } from "./AccountForms.tsx";
import { ListPanel, useList } from "./ListPanel.tsx";
import { PhotoForm } from "./PhotoForm.tsx";

type Doing = { what: "create" } | { what: "role" | "reset" | "revoke" | "photo"; account: Account } | null;

/** The operator's list of accounts: make, change post, reset the password, revoke and restore. */
export function Accounts({ me, zone }: { me: string; zone: string }) {
  const { staff, court } = courtText();
  const t = staff.operator;
  const list = useList(staffApi.accounts);
  const [doing, setDoing] = useState<Doing>(null);
  const close = () => setDoing(null);
  const done = () => {
    close();
    void list.load();
  };

  return (
    <ListPanel
      title={t.accounts}
      add={t.create}
      onAdd={() => setDoing({ what: "create" })}
      list={list}
      table={(accounts) => (
        <Table
          caption={t.accounts}
          rows={accounts}
          rowKey={(row) => row.account}
          empty={t.accountsEmpty}
          columns={[
            { key: "name", title: t.name, cell: (row) => <strong>{row.name}</strong> },
            { key: "account", title: t.account, cell: (row) => <span class="digits">{row.account}</span> },
            { key: "role", title: t.role, cell: (row) => t.roles[row.role] },
            {
              key: "created",
              title: t.created,
              cell: (row) => <span class="digits soft">{wallTime(row.created_utc_ms, "full", zone)}</span>,
            },
            {
              key: "active",
              title: court.status,
              cell: (row) => (
                <span class="row">
                  <span class={`tag ${row.active ? "tag-ok" : "tag-bad"}`}>{row.active ? t.active : t.revoked}</span>
                  {row.must_change_password && <span class="tag tag-warn">{t.must}</span>}
                </span>
              ),
            },
            {
              key: "do",
              title: court.act,
              narrow: true,
              cell: (row) => (
                <span class="row-end">
                  <Button kind="quiet" onClick={() => setDoing({ what: "role", account: row })}>
                    {t.changeRole}
                  </Button>
                  <Button kind="quiet" onClick={() => setDoing({ what: "photo", account: row })}>
                    {row.photo ? t.photoChange : t.photoAdd}
                  </Button>
                  <Button kind="quiet" onClick={() => setDoing({ what: "reset", account: row })}>
                    {t.reset}
                  </Button>
                  {row.active ? (
                    <Button
                      kind="danger"
                      disabled={row.account === me}
                      onClick={() => setDoing({ what: "revoke", account: row })}
                    >
                      {t.revoke}
                    </Button>
                  ) : (
                    <Button
                      onClick={() =>
                        void staffApi.changeAccount(row.account, { active: true }).then(list.load, list.failed)
                      }
                    >
                      {t.restore}
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      )}
    >
      {doing?.what === "create" && <AccountForm onDone={done} onClose={close} />}
      {doing?.what === "reset" && <PasswordReset account={doing.account} onClose={done} />}
      {doing?.what === "photo" && <PhotoForm account={doing.account} onClose={done} />}
      {doing?.what === "role" && (
        <RoleChange
          account={doing.account}
          onPick={async (role: StaffRole) => void (await staffApi.changeAccount(doing.account.account, { role }))}
          onClose={done}
        />
      )}
      {doing?.what === "revoke" && (
        <Ask
          title={t.revokeTitle(doing.account.name)}
          yes={t.revoke}
          onYes={async () => void (await staffApi.changeAccount(doing.account.account, { active: false }))}
          onClose={done}
        >
          <p>{t.revokeText}</p>
        </Ask>
      )}
    </ListPanel>
  );
}
