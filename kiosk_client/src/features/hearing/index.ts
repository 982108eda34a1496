export { focusOf, onStage, pictureOf, place } from "./layout.ts";
export { PersonTile } from "./PersonTile.tsx";
export { PreferenceButtons } from "./Preferences.tsx";
export { Stage, useAspect } from "./Stage.tsx";
export { networkLamp, StatusBar } from "./StatusBar.tsx";
export { initialOf, roleOf, titleOf } from "./words.ts";
