import { common } from "./en/common.ts";
import { gate } from "./en/gate.ts";
import { minutes } from "./en/minutes.ts";
import { party } from "./en/party.ts";
import { review } from "./en/review.ts";
import type { Widened } from "./widened.ts";
import type { zhCN } from "./zh-CN.ts";

export const en: Widened<typeof zhCN> = { common, party, gate, review, minutes };
