import type { Texts } from "../index.ts";

export const court: Texts["court"] = {};
