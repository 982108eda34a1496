import type { Console, ConsoleApi } from "../../protocol/console.ts";
import type { Staff } from "../../protocol/staff.ts";
import { consoleText } from "../../text/console.ts";
import { heads } from "../meeting/money.ts";
import { AnchorList } from "./AnchorList.tsx";

interface Props {
  api: ConsoleApi;
  staff: Staff;
  console: Console;
}

/** What can be taken along: the ballot log in both editions, and the links. */
export function FilesPane({ api, staff, console }: Props) {
  const t = consoleText().files;
  const voting = console.meeting.motions.some((motion) => motion.state === "open");
  const begun = console.meeting.state !== "draft";
  return (
    <section class="panel">
      <div class="panel-body stack">
        <h3>{t.log}</h3>
        <p class="soft">
          {t.size(heads(console.log_size))}
          {console.log_root && (
            <>
              {" "}
              · {t.root} <code class="run-root">{console.log_root}</code>
            </>
          )}
        </p>
        {begun && (
          <div class="row">
            <a class="button button-plain" href={api.logUrl("public")} download>
              {t.public}
            </a>
            {!voting && (
              <a class="button button-plain" href={api.logUrl("court")} download>
                {t.court}
              </a>
            )}
            <a href="/verify">{t.verify}</a>
          </div>
        )}
        {voting && <p class="small soft">{t.notYet}</p>}
        <AnchorList anchors={console.anchors} evidence={api.anchorsUrl} />
        {console.roll && staff.role !== "judge" && (
          <>
            <h3>{t.links}</h3>
            <p class="soft">{t.linksHint}</p>
            <div class="row">
              <a class="button button-plain" href={api.linksUrl} download>
                {t.links}
              </a>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
