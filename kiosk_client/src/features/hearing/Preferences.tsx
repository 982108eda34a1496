import { contrast, language, nextSize, typeSize } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { Icon } from "../../ui/index.ts";
import { CaptionSwitch } from "../minutes/CaptionSwitch.tsx";
import "./hearing.css";

/** Language, type size and contrast: on every page, always in the same order; in a hearing also captions. */
export function PreferenceButtons({ words = false, captions = false }: { words?: boolean; captions?: boolean }) {
  const t = text().common;
  const size = t.size[typeSize.value];
  const mark = { normal: "A", large: "A+", elder: "A++" }[typeSize.value];
  return (
    <div class="preferences">
      <button
        type="button"
        class="preference"
        lang={language.value === "en" ? "zh-CN" : "en"}
        aria-label={t.languageLabel}
        onClick={() => {
          language.value = language.value === "en" ? "zh-CN" : "en";
        }}
      >
        <Icon name="language" />
        <span>{language.value === "en" ? "中文" : words ? "English" : "EN"}</span>
      </button>
      <button type="button" class="preference" aria-label={`${t.sizeNext}（${size}）`} onClick={nextSize}>
        <Icon name="size" />
        <span>{words ? size : mark}</span>
      </button>
      <button
        type="button"
        class="preference"
        aria-label={t.contrast}
        aria-pressed={contrast.value === "high"}
        onClick={() => {
          contrast.value = contrast.value === "high" ? "normal" : "high";
        }}
      >
        <Icon name="contrast" />
        {words && <span>{t.contrast}</span>}
      </button>
      {captions && <CaptionSwitch words={words} />}
    </div>
  );
}
