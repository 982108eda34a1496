import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  open: boolean;
  title: string;
  onClose: () => void;
  /** Buttons at the foot, the safe one first. */
  actions?: ComponentChildren;
  /** sheet: rises from the bottom edge, for a thumb. */
  form?: "box" | "sheet";
  children?: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus inside and closes with Escape. */
export function Dialog({ open, title, onClose, actions, form = "box", children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      class={`dialog dialog-${form}`}
      aria-labelledby={titleId}
      // Its own closing comes late, when another dialog may be open already: that one stays.
      onClose={() => open && onClose()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <div class="dialog-body">{children}</div>
      {actions && <div class="dialog-actions">{actions}</div>}
    </dialog>
  );
}
