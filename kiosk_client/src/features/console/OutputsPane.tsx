import { useMemo } from "preact/hooks";
import type { Console } from "../../protocol/console.ts";
import { outputsApi } from "../../protocol/outputs.ts";
import type { Staff } from "../../protocol/staff.ts";
import { DocumentsPanel } from "./DocumentsPanel.tsx";
import { DrawsPanel } from "./DrawsPanel.tsx";
import { NoticesPanel } from "./NoticesPanel.tsx";
import { PackagesPanel } from "./PackagesPanel.tsx";
import { PapersPanel } from "./PapersPanel.tsx";
import "./outputs.css";

interface Props {
  staff: Staff;
  zone: string;
  console: Console;
}

/** Documents, papers, notices, draws and the package of one meeting. */
export function OutputsPane({ staff, zone, console }: Props) {
  const { id, state, motions } = console.meeting;
  const api = useMemo(() => outputsApi(id), [id]);
  const writes = staff.role !== "judge";
  const court = staff.role !== "administrator";
  const version = motions.map((motion) => motion.state).join();
  const begun = state !== "draft";
  return (
    <>
      <DocumentsPanel api={api} writes={writes} />
      {begun && <PapersPanel api={api} motions={motions} court={court} />}
      {begun && <NoticesPanel {...{ api, zone, writes, version }} />}
      {begun && <DrawsPanel api={api} running={state !== "closed"} />}
      {begun && court && (
        <PackagesPanel
          api={api}
          makes={staff.role !== "judge"}
          voting={motions.some((motion) => motion.state === "open")}
        />
      )}
    </>
  );
}
