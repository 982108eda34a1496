import type { ExportJob } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";

/** The seal or the edition, and the case where it is one of several: what the package is, and no other. */
export function packageName(job: Pick<ExportJob, "edition" | "case_no" | "seal">): string {
  const { archive, seal } = courtText();
  const kind = job.seal ? seal.packages[job.seal] : (archive.editions[job.edition ?? "court"] ?? job.edition);
  return [kind, job.case_no].filter(Boolean).join(" · ");
}

/** What was made, the newest first. */
export function finished(jobs: readonly ExportJob[]): ExportJob[] {
  return jobs.filter((job) => job.done && !job.error).reverse();
}

/** The export (a seal has a desk of its own) that the page follows: the one that runs or waits, or the newest if it
 * failed. */
export function followed(jobs: readonly ExportJob[]): ExportJob | null {
  const exports = jobs.filter((job) => job.seal === "");
  const running = exports.find((job) => !job.done);
  const last = exports.at(-1);
  return running ?? (last?.error ? last : null);
}
