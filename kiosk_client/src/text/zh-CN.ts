import { common } from "./zh-CN/common.ts";
import { gate } from "./zh-CN/gate.ts";
import { party } from "./zh-CN/party.ts";

export const zhCN = { common, party, gate } as const;
