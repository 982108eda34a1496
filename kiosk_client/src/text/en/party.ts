import type { Texts } from "../index.ts";

export const party: Texts["party"] = {};
