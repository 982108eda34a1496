import type { Report } from "../../verify/log.ts";
import type { Answer, Job } from "../../verify/worker.ts";
import address from "../../verify/worker.ts?worker&url";

/** The worker is started with the page, so that nothing has to be fetched once the network is cut. */
export class VerifyBench {
  private readonly worker = started();

  /** When the worker's program is here and running. Rejects where it could not be loaded. */
  async ready(): Promise<void> {
    const worker = await this.worker;
    await new Promise<void>((resolve) => {
      worker.onmessage = () => resolve();
    });
  }

  /** One run at a time, once it is ready. Rejects where the worker lacks memory. */
  async run(job: Job, tell: (part: number) => void): Promise<Report> {
    const worker = await this.worker;
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if ("part" in data) tell(data.part);
        else if ("report" in data) resolve(data.report);
        else if ("failed" in data) reject(new Error(data.failed));
      };
      worker.postMessage(job, [job.data]);
    });
  }
}

/** From its text: a worker's own address is asked for past the service worker that keeps the page on this device. */
async function started(): Promise<Worker> {
  const program = await (await fetch(address)).blob();
  return new Worker(URL.createObjectURL(program));
}
