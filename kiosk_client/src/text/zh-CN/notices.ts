export const notices = {
  title: "表决结果告知书",
  unread: "未读",
  read: "已阅",
  open: "查看",
  receipt: (when: string) => `法院已签名记录您于 ${when} 查看本告知书。`,
  save: "保存为文件",
  for: (who: string) => `（${who}）`,
  close: "关闭",
};
