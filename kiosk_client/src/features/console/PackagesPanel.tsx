import { useState } from "preact/hooks";
import type { OutputsApi } from "../../protocol/outputs.ts";
import { outputsText } from "../../text/outputs.ts";
import { Button, Notice, Progress } from "../../ui/index.ts";
import { useLoaded } from "./useLoaded.ts";

interface Props {
  api: OutputsApi;
  /** Whether this account makes packages. */
  makes: boolean;
  voting: boolean;
}

/** 卷宗包: made, checked, and taken along. */
export function PackagesPanel({ api, makes, voting }: Props) {
  const t = outputsText().packages;
  const { value: rows, problem, run } = useLoaded(api.packages);
  const [making, setMaking] = useState(false);
  async function make() {
    setMaking(true);
    await run(async () => [...(rows ?? []), await api.pack()]);
    setMaking(false);
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
        {making && <Progress label={t.making} />}
        {makes && (
          <div class="row">
            <Button disabled={making || voting} onClick={() => void make()}>
              {t.make}
            </Button>
          </div>
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </section>
  );
}
