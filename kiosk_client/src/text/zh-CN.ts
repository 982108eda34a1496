import { common } from "./zh-CN/common.ts";
import { party } from "./zh-CN/party.ts";

export const zhCN = { common, party } as const;
