import { useState } from "preact/hooks";
import { type ArchivedPackage, archiveApi, type PackageCopy, playerUrl } from "../../protocol/archive.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Button, Icon, wallTime } from "../../ui/index.ts";
import { packageName } from "../exports/packages.ts";
import { bytesText } from "../exports/preflight.ts";
import { failureText } from "../order/Ask.tsx";

interface Props {
  made: ArchivedPackage;
  places: string[];
  zone: string;
  mayManage: boolean;
}

const TONE: Record<PackageCopy["state"], string> = {
  queued: "",
  sending: "tag-info",
  sent: "tag-info",
  verified: "tag-ok",
  failed: "tag-bad",
};

/** A finished package: what it is, how to open it, and whether every copy of it was read back. */
export function PackageCard({ made, places, zone, mayManage }: Props) {
  const t = courtText().archive;
  const [told, setTold] = useState("");
  const job = made.package;
  const failed = made.copies.some((copy) => copy.state === "failed");
  const retry = () =>
    void archiveApi.retry(job.job).then(
      ({ copies }) => setTold(t.retried(copies)),
      (cause: unknown) => setTold(failureText(cause)),
    );
  return (
    <li class="archive-package">
      <div class="archive-what">
        <strong>{packageName(job)}</strong>
        <span class="soft digits">
          {t.made} {wallTime(made.made_utc_ms, "full", zone)}
          {job.bytes != null && ` · ${bytesText(job.bytes)}`}
        </span>
        {job.sha512 && (
          <span class="small soft archive-digest" title={job.sha512}>
            {t.digest} {job.sha512.slice(0, 24)}…
          </span>
        )}
      </div>
      <div class="archive-open">
        <a class="button" href={playerUrl(job.job)} target="_blank" rel="noreferrer">
          <Icon name="screen" />
          <span>{t.play}</span>
        </a>
        {mayManage && job.url && (
          <a class="button" href={job.url} download>
            <Icon name="doc" />
            <span>{t.download}</span>
          </a>
        )}
      </div>
      {places.length > 0 && (
        <ul class="archive-copies" aria-label={t.copies}>
          {places.map((place) => (
            <Copy key={place} place={place} copy={made.copies.find((one) => one.place === place)} zone={zone} />
          ))}
        </ul>
      )}
      {(failed || told) && (
        <div class="row">
          {failed && mayManage && <Button onClick={retry}>{t.retry}</Button>}
          {told && (
            <span class="small" role="status">
              {told}
            </span>
          )}
        </div>
      )}
    </li>
  );
}

function Copy({ place, copy, zone }: { place: string; copy: PackageCopy | undefined; zone: string }) {
  const t = courtText().archive;
  const share = copy && copy.bytes_total > 0 ? Math.floor((100 * copy.bytes_done) / copy.bytes_total) : 0;
  return (
    <li>
      <span class="archive-place">{t.places[place] ?? place}</span>
      <span class={`tag ${copy ? TONE[copy.state] : ""}`}>
        {copy ? t.states[copy.state] : t.waiting}
        {copy?.state === "sending" && ` ${share}%`}
      </span>
      {copy && (
        <span class="small soft">
          {copy.address} · <span class="digits">{wallTime(copy.utc_ms, "full", zone)}</span>
        </span>
      )}
      {copy?.state === "failed" && <span class="small archive-why">{either(copy.reason_zh, copy.reason_en)}</span>}
    </li>
  );
}
