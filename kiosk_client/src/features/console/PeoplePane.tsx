import { useState } from "preact/hooks";
import type { Console, ConsoleApi, CreditorRow } from "../../protocol/console.ts";
import type { Staff } from "../../protocol/staff.ts";
import { consoleText } from "../../text/console.ts";
import { Button, CopyButton, Field, Notice, Table } from "../../ui/index.ts";
import { GatePanel } from "../entrygate/GatePanel.tsx";
import { heads, percent, yuan } from "../meeting/money.ts";
import { groupName } from "../meeting/names.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { ExclusionDialog, MandateDialog } from "./CreditorDialogs.tsx";
import { MandatePanel } from "./MandatePanel.tsx";

const MOST_FOUND = 50;

interface Props {
  api: ConsoleApi;
  staff: Staff;
  console: Console;
  onChange: () => Promise<void>;
}

type Doing = { what: "in" | "out" | "link" | "mandate" | "exclude"; row: CreditorRow };

/** 签到表 by heads, amount and group, and the creditors one by one. */
export function PeoplePane({ api, staff, console, onChange }: Props) {
  const t = consoleText().people;
  const [words, setWords] = useState("");
  const [found, setFound] = useState<CreditorRow[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [version, setVersion] = useState(0);
  const certifies = staff.role === "clerk" || staff.role === "operator";
  const running = console.meeting.state === "doors" || console.meeting.state === "in_session";

  async function find() {
    try {
      setFound(await api.creditors(words));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  async function done() {
    await Promise.all([find(), onChange()]);
  }

  return (
    <section class="stack">
      <BoardPanel console={console} />
      <GatePanel id={console.meeting.id} staff={staff} />
      <form
        class="run-find"
        onSubmit={(event) => {
          event.preventDefault();
          void find();
        }}
      >
        <Field label={t.search} value={words} onInput={setWords} maxLength={100} autocomplete="off" />
        <Button type="submit" icon="search">
          {t.find}
        </Button>
      </form>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {!certifies && <p class="small soft">{t.clerkOnly}</p>}
      {found && (
        <div class="panel run-people">
          <Table
            caption={t.search}
            columns={[
              {
                key: "name",
                title: t.name,
                cell: (row) => (
                  <div>
                    <strong>{row.name}</strong>
                    <br />
                    <span class="small soft digits run-number">
                      {row.creditor} · {row.number}
                    </span>
                  </div>
                ),
              },
              {
                key: "claims",
                title: t.claims,
                cell: (row) => (
                  <div>
                    {row.groups.map((each) => (
                      <div key={each.group}>
                        {groupName(each.group)} <span class="digits">{yuan(each.amount_fen)}</span>
                      </div>
                    ))}
                  </div>
                ),
              },
              {
                key: "present",
                title: t.here,
                narrow: true,
                cell: (row) => (
                  <span class={`tag ${row.present ? "tag-ok" : ""}`}>{row.present ? t.here : t.away}</span>
                ),
              },
              {
                key: "acts",
                title: "",
                cell: (row) => (
                  <div class="row-end">
                    {certifies && running && (
                      <Button onClick={() => setDoing({ what: row.present ? "out" : "in", row })}>
                        {row.present ? t.leave : t.certify}
                      </Button>
                    )}
                    <CopyButton value={row.link} label={t.copy} copied={t.copied} />
                    {staff.role !== "judge" && (
                      <Button kind="quiet" onClick={() => setDoing({ what: "link", row })}>
                        {t.replace}
                      </Button>
                    )}
                    {running && (
                      <>
                        <Button kind="quiet" onClick={() => setDoing({ what: "mandate", row })}>
                          {t.mandate}
                        </Button>
                        <Button kind="quiet" onClick={() => setDoing({ what: "exclude", row })}>
                          {t.exclude}
                        </Button>
                      </>
                    )}
                  </div>
                ),
              },
            ]}
            rows={found}
            rowKey={(row) => row.creditor}
            empty={t.none}
          />
          {found.length === MOST_FOUND && <p class="panel-body small soft">{t.most}</p>}
        </div>
      )}
      {console.meeting.state !== "draft" && (
        <MandatePanel api={api} motions={console.meeting.motions} version={version} running={running} />
      )}
      {doing && (doing.what === "in" || doing.what === "out") && (
        <Ask
          title={doing.what === "in" ? t.certify : t.leave}
          yes={doing.what === "in" ? t.certify : t.leave}
          onYes={async () => {
            await api.certify(doing.row.creditor, doing.what === "in" ? "in" : "out");
            await done();
          }}
          onClose={() => setDoing(null)}
        >
          <p>{doing.what === "in" ? t.certifyAsk(doing.row.name) : t.leaveAsk(doing.row.name)}</p>
        </Ask>
      )}
      {doing?.what === "link" && (
        <Ask
          title={t.replace}
          yes={t.replace}
          onYes={async () => {
            await api.replaceLink(doing.row.creditor);
            await done();
          }}
          onClose={() => setDoing(null)}
        >
          <p>{t.replaceAsk(doing.row.name)}</p>
        </Ask>
      )}
      {doing?.what === "mandate" && (
        <MandateDialog
          api={api}
          motions={console.meeting.motions}
          principal={doing.row}
          onClose={() => {
            setDoing(null);
            setVersion(version + 1);
          }}
        />
      )}
      {doing?.what === "exclude" && (
        <ExclusionDialog
          api={api}
          creditor={doing.row}
          motions={console.meeting.motions}
          onDone={onChange}
          onClose={() => setDoing(null)}
        />
      )}
    </section>
  );
}

function BoardPanel({ console }: { console: Console }) {
  const t = consoleText().board;
  const { board } = console;
  return (
    <div class="panel">
      <div class="panel-head">
        <h3>{t.title}</h3>
      </div>
      <div class="panel-body run-board">
        <p>
          <span class="soft">{t.heads}</span>
          <strong class="digits">{t.of(heads(board.heads), heads(board.total_heads))}</strong>
          <span class="digits">{percent(board.heads, board.total_heads)}</span>
        </p>
        <p>
          <span class="soft">{t.amount}</span>
          <strong class="digits">{t.of(yuan(board.amount_fen), yuan(board.total_amount_fen))}</strong>
          <span class="digits">{percent(board.amount_fen, board.total_amount_fen)}</span>
        </p>
      </div>
      <Table
        caption={t.title}
        columns={[
          { key: "group", title: t.group, cell: (row) => groupName(row.group) },
          { key: "heads", title: t.heads, cell: (row) => <span class="digits">{heads(row.creditors)}</span> },
          { key: "amount", title: t.amount, cell: (row) => <span class="digits">{yuan(row.amount_fen)}</span> },
        ]}
        rows={board.groups}
        rowKey={(row) => row.group}
        empty={t.none}
      />
    </div>
  );
}
