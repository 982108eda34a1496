import { common } from "./zh-CN/common.ts";
import { court } from "./zh-CN/court.ts";
import { party } from "./zh-CN/party.ts";

export const zhCN = { common, party, court } as const;
