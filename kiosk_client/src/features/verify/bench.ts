import type { Report } from "../../verify/log.ts";
import type { Answer, Job } from "../../verify/worker.ts";

/** The worker is started with the page, so that nothing has to be fetched once the network is cut. */
export class VerifyBench {
  private readonly worker = new Worker(new URL("../../verify/worker.ts", import.meta.url), { type: "module" });

  /** When the worker's program is here and running. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.worker.onmessage = () => resolve();
    });
  }

  /** One run at a time, once it is ready. Rejects where the worker could not be loaded or lacks memory. */
  run(job: Job, tell: (part: number) => void): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message));
      this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ("part" in data) tell(data.part);
        else if ("report" in data) resolve(data.report);
        else if ("failed" in data) reject(new Error(data.failed));
      };
      this.worker.postMessage(job, [job.data]);
    });
  }
}
