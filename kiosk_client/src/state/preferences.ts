import { effect, signal } from "@preact/signals";

export type Language = "zh-CN" | "en";
export type TypeSize = "normal" | "large" | "elder";
export type Contrast = "normal" | "high";

const KEY = "yunting.preferences";
const SIZES: readonly TypeSize[] = ["normal", "large", "elder"];

interface Kept {
  language?: Language;
  size?: TypeSize;
  contrast?: Contrast;
  captions?: boolean;
  interpretation?: boolean;
}

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Kept) : {};
  } catch {
    // Storage may be forbidden (private mode) or hold something else; the defaults are then right.
    return {};
  }
}

const kept = read();
export const language = signal<Language>(kept.language === "en" ? "en" : "zh-CN");
export const typeSize = signal<TypeSize>(SIZES.find((size) => size === kept.size) ?? "normal");
export const contrast = signal<Contrast>(kept.contrast === "high" ? "high" : "normal");
/** Whether what is said is shown as text. */
export const captions = signal<boolean>(kept.captions !== false);
/** Whether an interpreter is heard above the others while they speak. */
export const interpretation = signal<boolean>(kept.interpretation === true);

/** Next of normal, large, elder: one button walks through all three. */
export function nextSize(): void {
  typeSize.value = SIZES[(SIZES.indexOf(typeSize.value) + 1) % SIZES.length] ?? "normal";
}

/** Back to the defaults; a kiosk does this between two persons. */
export function forgetPreferences(): void {
  language.value = "zh-CN";
  typeSize.value = "normal";
  contrast.value = "normal";
  captions.value = true;
  interpretation.value = false;
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept where storage is forbidden.
  }
}

/** Carries the preferences to the document and, unless `remember` is false, to the next visit. */
export function applyPreferences(door: string, remember = true): void {
  document.documentElement.dataset.door = door;
  effect(() => {
    const root = document.documentElement;
    root.lang = language.value;
    root.dataset.size = typeSize.value;
    root.dataset.contrast = contrast.value;
    if (!remember) return;
    try {
      localStorage.setItem(
        KEY,
        JSON.stringify({
          language: language.value,
          size: typeSize.value,
          contrast: contrast.value,
          captions: captions.value,
          interpretation: interpretation.value,
        }),
      );
    } catch {
      // See read(): a page without storage still works, it only forgets.
    }
  });
}
