import { useEffect, useState } from "preact/hooks";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Icon, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import type { File } from "./ExhibitFile.tsx";
import { Picture } from "./Picture.tsx";
import { useFile } from "./useFile.ts";
import { usePage } from "./usePage.ts";

interface Props {
  hearing: Hearing;
  exhibit: File;
  /** The page that the room sees; without it, whoever looks leafs for themselves. */
  page?: number;
  /** Turns the page for the room; nobody else may. */
  onTurn?: (page: number) => Promise<unknown>;
  still?: boolean;
}

/** A PDF page by page, as the server draws it: the same on every device, and no stranger's file is opened here. */
export function PdfPages({ hearing, exhibit, page, onTurn, still }: Props) {
  const t = exhibitsText();
  const [own, setOwn] = useState(1);
  const [refused, setRefused] = useState("");
  const at = page ?? own;
  const { number, name, pages } = exhibit;
  const { url, page: drawn, problem, again } = usePage(hearing, number, at);
  useEffect(() => setRefused(""), [at]);
  const full = `${t.full(number, name)} ${t.pages.at(drawn, pages)}`;
  const may = page === undefined || onTurn !== undefined;
  const to = (next: number) => {
    if (next < 1 || next > pages) return;
    if (page === undefined) setOwn(next);
    else onTurn?.(next).catch((cause: unknown) => setRefused(failureText(cause)));
  };
  const bar = (
    <>
      <Original hearing={hearing} exhibit={exhibit} />
      {may && pages > 1 && (
        <span class="exhibit-turn">
          <Button disabled={at <= 1} onClick={() => to(at - 1)}>
            {t.pages.back}
          </Button>
          {page === undefined && <span class="exhibit-page">{t.pages.at(at, pages)}</span>}
          <Button disabled={at >= pages} onClick={() => to(at + 1)}>
            {t.pages.on}
          </Button>
        </span>
      )}
    </>
  );
  return (
    <div class={`exhibit-pages${drawn === at ? "" : " exhibit-turning"}`} aria-busy={drawn !== at}>
      {refused && (
        <Notice tone="bad" urgent>
          {refused}
        </Notice>
      )}
      {problem ? (
        <>
          <Notice
            tone="bad"
            title={t.failed}
            urgent
            actions={
              <Button kind="primary" onClick={again}>
                {text().common.retry}
              </Button>
            }
          >
            {problem}
          </Notice>
          {!still && <div class="exhibit-sizes">{bar}</div>}
        </>
      ) : url ? (
        <Picture
          url={url}
          name={full}
          still={still}
          bar={bar}
          onTurn={may ? (by) => to(at + by) : undefined}
          onBroken={again}
        />
      ) : (
        <Progress label={t.opening} />
      )}
    </div>
  );
}

/** The file itself comes only when somebody wants it. */
function Original({ hearing, exhibit }: { hearing: Hearing; exhibit: File }) {
  const t = exhibitsText();
  const [wanted, setWanted] = useState(false);
  return wanted ? (
    <Fetched hearing={hearing} exhibit={exhibit} />
  ) : (
    <Button icon="doc" onClick={() => setWanted(true)}>
      {t.pages.original}
    </Button>
  );
}

function Fetched({ hearing, exhibit }: { hearing: Hearing; exhibit: File }) {
  const t = exhibitsText();
  const { url, problem, again } = useFile(hearing, exhibit.number, exhibit.sha256);
  if (problem)
    return (
      <span role="alert">
        {problem} <Button onClick={again}>{text().common.retry}</Button>
      </span>
    );
  if (!url) return <span role="status">{t.opening}</span>;
  return (
    <a class="button" href={url} target="_blank" rel="noopener" title={t.openFileHint}>
      <Icon name="doc" />
      <span>{t.openFile}</span>
    </a>
  );
}
