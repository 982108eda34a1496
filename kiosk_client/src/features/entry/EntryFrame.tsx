import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Brand, Steps } from "../../ui/index.ts";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import "./entry.css";

interface Props {
  court: string;
  /** Index in who, notice, devices, waiting; omit outside the way in. */
  step?: number;
  title?: string;
  lead?: string;
  /** Buttons within a thumb's reach, the next step last. */
  actions?: ComponentChildren;
  /** Beside the preferences, e.g. a booth's way out. */
  corner?: ComponentChildren;
  children?: ComponentChildren;
}

/** One step of the way into the courtroom: court above, steps, content, and the next button always in sight. */
export function EntryFrame({ court, step, title, lead, actions, corner, children }: Props) {
  const t = text();
  const heading = useRef<HTMLHeadingElement>(null);
  // A new step is read from its heading, by eye and by screen reader; with the step itself and not a frame later, when
  // whoever is quick would lose the key they press.
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [title]);
  const s = t.party.steps;
  return (
    <div class="entry">
      <header class="entry-head">
        <Brand court={court} sub={t.common.productFull} />
        <span class="entry-corner">
          <PreferenceButtons />
          {corner}
        </span>
      </header>
      {step !== undefined && (
        <nav class="entry-steps">
          <Steps label={s.label} steps={[s.who, s.notice, s.devices, s.waiting]} current={step} />
        </nav>
      )}
      <main class="entry-main">
        {title && (
          <h1 ref={heading} tabIndex={-1} class="entry-title">
            {title}
          </h1>
        )}
        {lead && <p class="entry-lead">{lead}</p>}
        {children}
      </main>
      {actions && <footer class="entry-actions">{actions}</footer>}
    </div>
  );
}
