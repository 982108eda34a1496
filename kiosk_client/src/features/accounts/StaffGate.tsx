import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import type { Staff, StaffRole } from "../../protocol/staff.ts";
import { text } from "../../text/index.ts";
import { Button, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { gate, HOME, openGate } from "./gate.ts";

interface Props {
  /** Whose page this is; others are sent to their own. Without it the court's people get in. */
  post?: StaffRole;
  /** The bankruptcy administrator too. */
  administrator?: boolean;
  children: (staff: Staff, court: CourtCard) => ComponentChild;
}

function entitled(role: StaffRole, post: StaffRole | undefined, administrator: boolean): boolean {
  if (post) return role === post;
  // A supervisor looks in from a page of their own and has no business on others.
  return role !== "supervisor" && (role !== "administrator" || administrator);
}

/** Lets through who is signed in with the right post; everybody else goes to the sign-in page or their own. */
export function StaffGate({ post, administrator = false, children }: Props) {
  useEffect(() => void openGate(), []);
  const now = gate.value;
  const away =
    now.at === "out"
      ? `/signin?next=${encodeURIComponent(location.pathname + location.search)}`
      : now.at === "in" && now.staff.must_change_password
        ? "/signin"
        : now.at === "in" && !entitled(now.staff.role, post, administrator)
          ? HOME[now.staff.role]
          : null;
  useEffect(() => {
    if (away) location.replace(away);
  }, [away]);

  if (now.at === "failed")
    return (
      <main class="gate-wait">
        <Notice tone="bad" urgent actions={<Button onClick={() => void openGate()}>{text().common.retry}</Button>}>
          {failureText(now.cause)}
        </Notice>
      </main>
    );
  if (now.at !== "in" || away)
    return (
      <main class="gate-wait">
        <Progress label={text().common.loading} />
      </main>
    );
  return <>{children(now.staff, now.court)}</>;
}
