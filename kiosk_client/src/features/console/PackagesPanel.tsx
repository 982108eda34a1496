import { useEffect, useState } from "preact/hooks";
import type { OutputsApi, PackageJob } from "../../protocol/outputs.ts";
import { either } from "../../text/index.ts";
import { outputsText } from "../../text/outputs.ts";
import { Button, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { useLoaded } from "./useLoaded.ts";

const POLL_MS = 1000;

interface Props {
  api: OutputsApi;
  /** Whether this account makes packages. */
  makes: boolean;
  voting: boolean;
}

/** 卷宗包: made, checked, and taken along. */
export function PackagesPanel({ api, makes, voting }: Props) {
  const t = outputsText().packages;
  const [job, setJob] = useState<PackageJob | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const making = job !== null && !job.done;
  const { value: rows, problem } = useLoaded(api.packages, job?.package?.package);
  const told = (cause: unknown) => setFailure(failureText(cause));

  // What was begun before this page was opened, by whomever.
  useEffect(() => {
    void api.packing().then((jobs) => setJob((known) => known ?? jobs.find((one) => !one.done) ?? null), told);
  }, []);

  const id = job?.job;
  useEffect(() => {
    if (!id || !making) return;
    const look = () =>
      api.packageJob(id).then((now) => {
        setJob(now);
        setFailure(null);
      }, told);
    const timer = setInterval(() => void look(), POLL_MS);
    return () => clearInterval(timer);
  }, [id, making]);

  async function make() {
    setFailure(null);
    await api.pack().then(setJob, told);
  }

  return (
    <section class="panel" aria-labelledby="packages-panel">
      <div class="panel-body stack">
        <h3 id="packages-panel">{t.title}</h3>
        <p class="small soft">{t.lead}</p>
        <ul class="outputs-list">
          {rows?.map((row) => (
            <li key={row.package}>
              <div class="grow">
                <a href={api.packageUrl(row.package)} download>
                  {row.name}.zip
                </a>
                <p class="small soft run-root">
                  {t.hash} {row.sha512}
                </p>
              </div>
            </li>
          ))}
        </ul>
        {making && (
          <div role="status">
            <Progress label={either(job.step_zh, job.step_en)} value={job.permille / 1000} />
            <p class="small soft">{t.leaveOk}</p>
          </div>
        )}
        {job?.error && (
          <Notice tone="bad" urgent>
            {either(job.step_zh, job.step_en)}
          </Notice>
        )}
        {makes && (
          <div class="row">
            <Button disabled={making || voting} onClick={() => void make()}>
              {t.make}
            </Button>
          </div>
        )}
        {(failure ?? problem) && (
          <Notice tone="bad" urgent>
            {failure ?? problem}
          </Notice>
        )}
      </div>
    </section>
  );
}
