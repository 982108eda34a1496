import type { Hearing } from "../../state/hearing.ts";

export function CourtroomView({ hearing, zone }: { hearing: Hearing; zone: string }) {
  return <div data-zone={zone}>{hearing.state.value.hearing?.case_no}</div>;
}
