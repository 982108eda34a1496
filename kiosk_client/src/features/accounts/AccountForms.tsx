import { useState } from "preact/hooks";
import { type Account, type StaffRole, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Choice, CopyButton, Dialog, Field, Notice } from "../../ui/index.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { freshPassword, PASSWORD_MIN } from "./gate.ts";

const ROLES: readonly StaffRole[] = ["judge", "clerk", "operator", "administrator", "supervisor"];
const ACCOUNT = /^[a-z0-9][a-z0-9._-]{1,39}$/;

export function AccountForm({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { staff, court } = courtText();
  const t = staff.operator;
  const [name, setName] = useState("");
  const [account, setAccount] = useState("");
  const [role, setRole] = useState<StaffRole>("clerk");
  const [password, setPassword] = useState(() => freshPassword());
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const wrongAccount = !ACCOUNT.test(account);
  const wrongPassword = [...password].length < PASSWORD_MIN;

  async function save() {
    setTried(true);
    if (name.trim() === "" || wrongAccount || wrongPassword) return;
    try {
      await staffApi.createAccount({ account, name: name.trim(), role, password });
      onDone();
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }

  return (
    <Dialog
      open
      title={t.create}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" onClick={() => void save()}>
            {t.create}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Field
          label={t.name}
          value={name}
          onInput={setName}
          maxLength={40}
          {...(tried && name.trim() === "" ? { error: courtText().clerk.seatProblems.name } : {})}
        />
        <Field
          label={t.account}
          value={account}
          onInput={(value) => setAccount(value.toLowerCase())}
          hint={t.accountRule}
          autocomplete="off"
          maxLength={40}
          {...(tried && wrongAccount ? { error: t.accountRule } : {})}
        />
        <Choice
          legend={t.role}
          options={ROLES.map((value) => ({ value, label: t.roles[value] }))}
          value={role}
          onChange={setRole}
        />
        <Field
          label={t.initial}
          value={password}
          onInput={setPassword}
          hint={t.initialRule}
          autocomplete="off"
          {...(tried && wrongPassword ? { error: t.initialRule } : {})}
        />
        <div class="row">
          <CopyButton value={password} label={court.copy} copied={court.copied} />
          <Button kind="quiet" onClick={() => setPassword(freshPassword())}>
            {t.generate}
          </Button>
        </div>
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

/** A new password, made here and shown until the dialog closes. */
export function PasswordReset({ account, onClose }: { account: Account; onClose: () => void }) {
  const { staff, court } = courtText();
  const t = staff.operator;
  const [password] = useState(() => freshPassword());
  const [done, setDone] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function reset() {
    try {
      await staffApi.changeAccount(account.account, { password });
      setDone(true);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }

  return (
    <Dialog
      open
      title={`${t.reset} · ${account.name}`}
      onClose={onClose}
      actions={
        done ? (
          <Button kind="primary" onClick={onClose}>
            {text().common.close}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{text().common.cancel}</Button>
            <Button kind="primary" onClick={() => void reset()}>
              {t.reset}
            </Button>
          </>
        )
      }
    >
      <div class="stack">
        {done ? <Notice tone="ok">{t.resetDone(account.name)}</Notice> : <p>{t.initialRule}</p>}
        <p class="secret">{password}</p>
        {done && <CopyButton value={password} label={court.copy} copied={court.copied} />}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

interface RoleProps {
  account: Account;
  onPick: (role: StaffRole) => Promise<void>;
  onClose: () => void;
}

export function RoleChange({ account, onPick, onClose }: RoleProps) {
  const t = courtText().staff.operator;
  const [role, setRole] = useState<StaffRole>(account.role);
  return (
    <Ask title={`${t.changeRole} · ${account.name}`} yes={t.changeRole} onYes={() => onPick(role)} onClose={onClose}>
      <Choice
        legend={t.role}
        options={ROLES.map((value) => ({ value, label: t.roles[value] }))}
        value={role}
        onChange={setRole}
      />
    </Ask>
  );
}
