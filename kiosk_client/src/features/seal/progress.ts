import type { SealView } from "../../protocol/seal.ts";

export type SealStage = "open" | "media" | "signing" | "blocked" | "ready" | "sealed";

const OVER = new Set(["closed", "transcript_review", "signed", "sealed"]);

/** How far the sealing is, in the one word that decides what the page says first. */
export function stageOf(view: SealView): SealStage {
  if (view.state === "sealed") return "sealed";
  if (!OVER.has(view.state)) return "open";
  if (!view.seals.some((one) => one.step === "media")) return "media";
  if (view.state !== "signed") return "signing";
  return view.may_seal ? "ready" : "blocked";
}

/** Which of the four steps (closed, recordings sealed, minutes signed, sealed for good) is being done. */
export function stepOf(view: SealView): number {
  const stage = stageOf(view);
  if (stage === "sealed") return view.seals.some((one) => one.step === "final") ? 4 : 3;
  return { open: 0, media: 1, signing: 2, blocked: 3, ready: 3 }[stage];
}
