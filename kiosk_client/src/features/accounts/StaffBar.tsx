import type { ComponentChildren } from "preact";
import type { Staff } from "../../protocol/staff.ts";
import { contrast, language, nextSize } from "../../state/preferences.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Brand, Icon } from "../../ui/index.ts";
import { signOut } from "./gate.ts";
import "./staff.css";

interface Props {
  court: string;
  title: string;
  staff: Staff;
  children?: ComponentChildren;
}

/** Head of the court's own pages outside a hearing: whose house it is, who sits at the desk. */
export function StaffBar({ court, title, staff, children }: Props) {
  const { staff: t, court: words } = courtText();
  return (
    <header class="staff-bar">
      <Brand court={court} sub={title} />
      <div class="staff-bar-middle">{children}</div>
      <Comfort />
      <span class="staff-who">
        <span class="staff-post">{t.operator.roles[staff.role]}</span>
        <span>{staff.name}</span>
      </span>
      <button type="button" class="bar-button" onClick={() => void signOut()}>
        <Icon name="leave" />
        <span>{words.signOut}</span>
      </button>
    </header>
  );
}

/** Language, type size and contrast: always at hand, the same place on every page of the court's people. */
export function Comfort() {
  const { common } = text();
  return (
    <div class="comfort">
      <button
        type="button"
        class="bar-button"
        aria-label={common.languageLabel}
        onClick={() => {
          language.value = language.value === "en" ? "zh-CN" : "en";
        }}
      >
        <Icon name="language" />
        <span>{common.language}</span>
      </button>
      <button
        type="button"
        class="bar-button"
        aria-label={common.sizeNext}
        title={common.sizeNext}
        onClick={nextSize}
      >
        <Icon name="size" />
      </button>
      <button
        type="button"
        class="bar-button"
        aria-label={common.contrast}
        title={common.contrast}
        aria-pressed={contrast.value === "high"}
        onClick={() => {
          contrast.value = contrast.value === "high" ? "normal" : "high";
        }}
      >
        <Icon name="contrast" />
      </button>
    </div>
  );
}
