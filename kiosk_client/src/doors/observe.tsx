import { useState } from "preact/hooks";
import { EntryFrame } from "../features/entry/EntryFrame.tsx";
import { ObserverRoom } from "../features/observe/ObserverRoom.tsx";
import { text } from "../text/index.ts";
import { Button, Field, Tick } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

const session = decodeURIComponent(location.pathname.split("/")[2] ?? "");

function Observe() {
  const t = text();
  const o = t.party.observe;
  const [name, setName] = useState("");
  const [promised, setPromised] = useState(false);
  const [missing, setMissing] = useState(false);
  const [entered, setEntered] = useState(false);
  if (entered) return <ObserverRoom session={session} name={name.trim()} />;
  const enter = () => (name.trim() === "" ? setMissing(true) : setEntered(true));
  return (
    <EntryFrame
      court={t.common.product}
      title={o.title}
      lead={o.lead}
      actions={
        <Button kind="primary" big wide disabled={!promised} onClick={enter}>
          {o.enter}
        </Button>
      }
    >
      <div class="stack">
        <Field
          label={o.name}
          value={name}
          onInput={(next) => {
            setName(next);
            setMissing(false);
          }}
          hint={o.nameHint}
          error={missing ? o.needName : undefined}
          autocomplete="name"
          maxLength={40}
          required
        />
        <Tick checked={promised} onChange={setPromised}>
          {o.declaration}
        </Tick>
      </div>
    </EntryFrame>
  );
}

openDoor("observe", <Observe />);
