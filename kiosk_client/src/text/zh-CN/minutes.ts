/** What is said, as text: captions and the transcript that everybody may read. */
export const minutes = {
  captions: "字幕",
  captionsSwitch: "显示字幕",
  someone: "发言人",
  unavailable: (why: string) => `字幕暂不可用：${why}`,
  unavailableShort: "字幕暂不可用，安装方法见书记员页面",
  behind: (seconds: number) => `字幕延迟约 ${seconds} 秒`,
  late: "补记",
  title: "庭审笔录",
  open: "笔录",
  empty: "还没有笔录内容。有人发言后，文字会出现在这里。",
  note: "实时转写，仅供参考；以闭庭后核对签名的笔录为准。",
  newer: (count: number) => `新内容 ${count} 条 ↓`,
  court: "书记员记录",
  trouble: "未能识别，请听录音",
  kinds: { speech: "发言", note: "记录", mark: "标记", exhibit: "证据" },
} as const;
