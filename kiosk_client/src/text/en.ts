import { common } from "./en/common.ts";
import { gate } from "./en/gate.ts";
import { minutes } from "./en/minutes.ts";
import { party } from "./en/party.ts";
import { review } from "./en/review.ts";
import type { Texts } from "./index.ts";

export const en: Texts = { common, party, gate, review, minutes };
