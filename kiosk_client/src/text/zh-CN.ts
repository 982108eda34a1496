import { common } from "./zh-CN/common.ts";
import { gate } from "./zh-CN/gate.ts";
import { minutes } from "./zh-CN/minutes.ts";
import { party } from "./zh-CN/party.ts";
import { review } from "./zh-CN/review.ts";

export const zhCN = { common, party, gate, review, minutes } as const;
