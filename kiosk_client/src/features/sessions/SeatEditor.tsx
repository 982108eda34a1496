import type { Role } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { Button, Field, Icon, Select, Tick } from "../../ui/index.ts";
import { needsAccount, needsSide, type SeatDraft, seatProblems } from "./draft.ts";

/** Roles that a clerk can seat, in the order of the courtroom. */
export const SEAT_ROLES: readonly Role[] = [
  "presiding_judge",
  "judge",
  "assessor",
  "judge_assistant",
  "clerk",
  "plaintiff",
  "defendant",
  "third_party",
  "applicant",
  "respondent",
  "legal_representative",
  "agent",
  "witness",
  "expert",
  "specialist",
  "interpreter",
  "administrator",
  "debtor",
  "creditor_rep",
  "prosecutor",
  "bailiff",
];

export function emptySeat(role: Role): SeatDraft {
  const required = role === "plaintiff" || role === "defendant" || role === "presiding_judge" || role === "judge";
  return { role, side: "", name: "", required, account: "" };
}

interface Props {
  seat: SeatDraft;
  all: readonly SeatDraft[];
  /** Show what is wrong: only after the clerk has tried to save. */
  checked: boolean;
  onChange: (seat: SeatDraft) => void;
  onRemove?: () => void;
}

/** One seat: role, name, and what the role asks for besides (an account, a side). */
export function SeatEditor({ seat, all, checked, onChange, onRemove }: Props) {
  const { clerk, court } = courtText();
  const t = clerk.form;
  const wrong = checked ? seatProblems(seat, all) : [];
  const words = (...of: (typeof wrong)[number][]) => {
    const found = wrong.find((problem) => of.includes(problem));
    return found ? { error: clerk.seatProblems[found] } : {};
  };
  return (
    <div class="seat-edit">
      <Select
        label={t.role}
        value={seat.role}
        options={SEAT_ROLES.map((role) => ({ value: role, label: court.roles[role] }))}
        onChange={(role) => onChange({ ...seat, role: role as Role, required: emptySeat(role as Role).required })}
      />
      <Field
        label={t.person}
        value={seat.name}
        maxLength={60}
        onInput={(name) => onChange({ ...seat, name })}
        {...words("name")}
      />
      {needsAccount(seat.role) ? (
        <Field
          label={t.account}
          value={seat.account}
          maxLength={40}
          autocomplete="off"
          hint={t.accountHint}
          onInput={(account) => onChange({ ...seat, account: account.trim() })}
          {...words("account", "account_twice")}
        />
      ) : needsSide(seat.role) ? (
        <div class={wrong.includes("side") ? "field-wrong" : undefined}>
          <Select
            label={t.side}
            value={seat.side}
            options={(["", "plaintiff", "defendant", "third_party"] as const).map((side) => ({
              value: side,
              label: t.sides[side],
            }))}
            onChange={(side) => onChange({ ...seat, side: side as SeatDraft["side"] })}
          />
          {wrong.includes("side") && <p class="field-error">{clerk.seatProblems.side}</p>}
        </div>
      ) : (
        <span />
      )}
      <div class="seat-edit-end">
        <Tick checked={seat.required} onChange={(required) => onChange({ ...seat, required })}>
          {t.required}
        </Tick>
        {onRemove && (
          <Button kind="quiet" onClick={onRemove} aria-label={`${t.remove} ${court.roles[seat.role]} ${seat.name}`}>
            <Icon name="close" />
            <span class="only-read">{t.remove}</span>
          </Button>
        )}
      </div>
    </div>
  );
}
