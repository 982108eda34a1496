import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

type Native = Pick<
  ButtonHTMLAttributes<HTMLButtonElement>,
  | "onClick"
  | "onPointerDown"
  | "onPointerUp"
  | "aria-label"
  | "aria-expanded"
  | "aria-controls"
  | "aria-describedby"
  | "id"
> & { class?: string; disabled?: boolean };

interface Props extends Native {
  /** primary: the one next step; danger: cannot be undone lightly; quiet: no frame; plain: everything else. */
  kind?: "primary" | "plain" | "danger" | "quiet";
  icon?: IconName;
  wide?: boolean;
  big?: boolean;
  pressed?: boolean;
  type?: "button" | "submit";
  children: ComponentChildren;
}

export function Button({
  kind = "plain",
  icon,
  wide,
  big,
  pressed,
  type = "button",
  class: extra = "",
  children,
  ...rest
}: Props) {
  return (
    <button
      {...rest}
      type={type}
      class={`button button-${kind}${wide ? " button-wide" : ""}${big ? " button-big" : ""} ${extra}`}
      aria-pressed={pressed}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface ToolProps extends Omit<Native, "class"> {
  icon: IconName;
  label: string;
  /** on: working; off: stopped by oneself; alert: needs attention. */
  tone?: "on" | "off" | "alert" | "danger";
  pressed?: boolean;
}

/** A large icon over its word, for the bar at the bottom of a hearing. */
export function ToolButton({ icon, label, tone = "on", pressed, ...rest }: ToolProps) {
  return (
    <button {...rest} type="button" class={`tool tool-${tone}`} aria-pressed={pressed}>
      <span class="tool-disc">
        <Icon name={icon} />
      </span>
      <span class="tool-word">{label}</span>
    </button>
  );
}
