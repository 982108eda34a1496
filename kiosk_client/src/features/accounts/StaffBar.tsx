import type { ComponentChildren } from "preact";
import type { Staff } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Brand, Icon, type IconName } from "../../ui/index.ts";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { ARCHIVE, HOME, MEETINGS, SEARCH, signOut } from "./gate.ts";
import "../hearing/hearing.css";
import "./staff.css";

interface Props {
  court: string;
  title: string;
  staff: Staff;
  children?: ComponentChildren;
}

/** Head of the court's own pages outside a hearing: whose house it is, who sits at the desk. */
export function StaffBar({ court, title, staff, children }: Props) {
  const { staff: t, court: words, search, archive } = courtText();
  const doors: [string, IconName, string][] = [
    [HOME[staff.role], "back", search.home],
    [MEETINGS, "people", t.meetings],
    [SEARCH, "search", search.title],
    [ARCHIVE, "doc", archive.title],
  ];
  return (
    <header class="staff-bar">
      <Brand court={court} sub={title} />
      <div class="staff-bar-middle">{children}</div>
      {staff.role !== "administrator" &&
        staff.role !== "supervisor" &&
        doors
          .filter(([path]) => path !== location.pathname)
          .map(([path, icon, name]) => (
            <a key={path} class="bar-button bar-door" href={path}>
              <Icon name={icon} />
              <span>{name}</span>
            </a>
          ))}
      <PreferenceButtons />
      <span class="staff-who">
        <span class="staff-post">{t.operator.roles[staff.role]}</span>
        <span>{staff.name}</span>
      </span>
      <button type="button" class="bar-button bar-door" onClick={() => void signOut()}>
        <Icon name="leave" />
        <span>{words.signOut}</span>
      </button>
    </header>
  );
}
