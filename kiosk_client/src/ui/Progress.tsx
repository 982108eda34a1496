interface Props {
  label: string;
  /** 0 to 1; without it the bar says only that something goes on. */
  value?: number;
}

export function Progress({ label, value }: Props) {
  return (
    <div class="progress">
      <span class="progress-word">
        <span>{label}</span>
        {value !== undefined && <span class="digits">{Math.round(value * 100)}%</span>}
      </span>
      <progress max={1} {...(value === undefined ? {} : { value })} aria-label={label} />
    </div>
  );
}
