/** Text of the message that the court's SMS gateway sends: who, which case, when, the link, the code. */
export interface InvitationFacts {
  court: string;
  case_no: string;
  cause: string;
  name: string;
  label_zh: string;
  when: string;
  url: string;
  code: string;
}

export function invitationText(f: InvitationFacts): string {
  return [
    `【${f.court}】${f.name}：您作为${f.label_zh}参加${f.case_no}${f.cause ? `${f.cause}一案` : ""}的在线庭审，时间${f.when}。`,
    `请提前15分钟点击链接进入：${f.url}`,
    `或在法院网站、E法亭输入庭审码 ${spacedCode(f.code)}。`,
    "请在安静、封闭、网络良好的场所参加；链接仅限本人使用，请勿转发。",
  ].join("\n");
}

/** `1234 5678`: eight digits are read out in two groups. Longer codes are left alone. */
export function spacedCode(code: string): string {
  return /^\d{8}$/.test(code) ? `${code.slice(0, 4)} ${code.slice(4)}` : code;
}
