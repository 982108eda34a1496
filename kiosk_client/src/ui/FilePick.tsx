import { useId } from "preact/hooks";

interface Props {
  label: string;
  /** On the button. */
  choose: string;
  /** Beside it while nothing is chosen. */
  none: string;
  accept: string;
  value: File | null;
  onPick: (file: File | null) => void;
}

/** A file to choose, in the page's own words: the browser's own control speaks the browser's language. */
export function FilePick({ label, choose, none, accept, value, onPick }: Props) {
  const id = useId();
  return (
    <div class="field">
      <span id={`${id}-label`} class="file-label">
        {label}
      </span>
      <label class="file">
        <input
          type="file"
          accept={accept}
          class="only-read"
          aria-labelledby={`${id}-label ${id}-words`}
          onChange={(event) => {
            onPick(event.currentTarget.files?.[0] ?? null);
            // So that the same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
        <span id={`${id}-words`} class="file-words">
          <span class="button">{choose}</span>
          <span class="file-name">{value?.name ?? none}</span>
        </span>
      </label>
    </div>
  );
}
