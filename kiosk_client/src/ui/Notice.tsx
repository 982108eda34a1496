import type { ComponentChildren } from "preact";

export type Tone = "info" | "ok" | "warn" | "bad";

interface Props {
  tone?: Tone;
  title?: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
  /** Interrupts a screen reader. */
  urgent?: boolean;
}

/** A note in the flow of the page: what happened and what to do. */
export function Notice({ tone = "info", title, children, actions, urgent }: Props) {
  return (
    <div class={`notice notice-${tone}`} role={urgent ? "alert" : "status"}>
      {title && <p class="notice-title">{title}</p>}
      {children && <div>{children}</div>}
      {actions && <div class="row">{actions}</div>}
    </div>
  );
}

/** A note across the whole width, above everything else on the page. */
export function Banner({ tone = "info", children, actions }: Props) {
  return (
    <div class={`banner notice-${tone}`} role="status">
      <div class="grow">{children}</div>
      {actions}
    </div>
  );
}
