import { type Report, verifyLog } from "./log.ts";

export interface Job {
  data: ArrayBuffer;
  receipt: unknown;
  key: string;
}
export type Answer = { ready: true } | { part: number } | { report: Report } | { failed: string };

const post = (answer: Answer) => self.postMessage(answer);

self.onmessage = ({ data: job }: MessageEvent<Job>) => {
  try {
    const tell = (part: number) => post({ part });
    post({ report: verifyLog(new Uint8Array(job.data), job.receipt, job.key, tell) });
  } catch (cause) {
    post({ failed: String(cause) });
  }
};

post({ ready: true });
