import { useMemo } from "preact/hooks";
import { gateApi } from "../../protocol/gate.ts";
import type { GateView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { AtClerk } from "./AtClerk.tsx";
import { CodeForm } from "./CodeForm.tsx";
import { DocumentForm } from "./DocumentForm.tsx";
import { FaceCheck } from "./FaceCheck.tsx";
import { FaceNotice } from "./FaceNotice.tsx";
import { useAttempt } from "./useAttempt.ts";

interface Props {
  view: GateView;
  hearing: Hearing;
  media: HearingMedia;
}

/** The way through the gate; which step comes is the server's word alone. */
export function GateFlow({ view, hearing, media }: Props) {
  const gate = useMemo(() => gateApi(() => hearing.socket.credential), [hearing]);
  const attempt = useAttempt();
  switch (view.stage) {
    case "consent":
      return <FaceNotice gate={gate} attempt={attempt} guardian={false} />;
    case "guardian":
      return <FaceNotice key="guardian" gate={gate} attempt={attempt} guardian />;
    case "document":
      return <DocumentForm view={view} gate={gate} attempt={attempt} />;
    case "code":
      return <CodeForm gate={gate} attempt={attempt} />;
    case "challenge":
      return <FaceCheck view={view} gate={gate} hearing={hearing} media={media} attempt={attempt} />;
    case "review":
    case "clerk":
    case "locked":
    case "refused":
      return <AtClerk view={view} hearing={hearing} media={media} />;
    case "passed":
      return null;
  }
}
