import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { text } from "../../text/index.ts";
import { Notice, Steps } from "../../ui/index.ts";
import "./gate.css";

interface Props {
  /** Index in notice, document, face, done; left out where the way ends or was another one. */
  step?: number;
  /** Left out where what is shown has a heading of its own. */
  title?: string;
  lead?: string;
  problem?: string | null;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** One step at the gate: where one is, what to do, what went wrong, and the next button within a thumb's reach. */
export function GateFrame({ step, title, lead, problem, actions, children }: Props) {
  const s = text().gate.steps;
  const heading = useRef<HTMLHeadingElement>(null);
  // With the step itself and not a frame later: whoever is quick would lose the key they press.
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [title]);
  return (
    <main class="gate">
      {step !== undefined && (
        <nav class="entry-steps">
          <Steps label={s.label} steps={[s.notice, s.document, s.face, s.done]} current={step} />
        </nav>
      )}
      <div class="entry-main">
        {title && (
          <h1 ref={heading} tabIndex={-1} class="entry-title">
            {title}
          </h1>
        )}
        {lead && <p class="entry-lead">{lead}</p>}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        {children}
      </div>
      {actions && <footer class="entry-actions">{actions}</footer>}
    </main>
  );
}
