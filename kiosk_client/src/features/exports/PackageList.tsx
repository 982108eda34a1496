import type { ExportJob } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Icon, wallTime } from "../../ui/index.ts";
import { Fingerprint } from "../accounts/Operator.tsx";
import { packageName } from "./packages.ts";
import { bytesText } from "./preflight.ts";

/** A package of which the court has to know something says more than this. */
const DONE_ZH = "完成";

interface Props {
  /** Finished ones, the newest first. */
  packages: readonly ExportJob[];
  zone: string;
}

/** Every package of the session by its own name: which seal or which edition, when, and its hash. */
export function PackageList({ packages, zone }: Props) {
  const t = courtText().clerk.export;
  if (packages.length === 0) return null;
  return (
    <div>
      <h3>{t.packages(packages.length)}</h3>
      <ul class="package-list">
        {packages.map((one) => (
          <li key={one.job}>
            <div class="row">
              <span class="grow">
                <strong>{packageName(one)}</strong>
                <span class="soft digits">
                  {" "}
                  {wallTime(one.begun_utc_ms, "full", zone)}
                  {one.bytes != null && ` · ${bytesText(one.bytes)}`}
                </span>
                {one.seal !== "" && <span class="package-what soft small">{t.sealNotes[one.seal]}</span>}
                {one.step_zh !== DONE_ZH && (
                  <span class="package-what small">{either(one.step_zh, one.step_en)}</span>
                )}
              </span>
              {one.url && (
                <a class="button" href={one.url} download aria-label={`${t.download} ${packageName(one)}`}>
                  <Icon name="doc" />
                  <span>{t.download}</span>
                </a>
              )}
            </div>
            {one.sha512 && (
              <details>
                <summary class="small soft">
                  {t.sha} {one.sha512.slice(0, 16)}…
                </summary>
                <Fingerprint hex={one.sha512} />
              </details>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
