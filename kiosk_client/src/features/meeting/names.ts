import { ApiError } from "../../protocol/api.ts";
import type { Mine, MotionView, Vote } from "../../protocol/meeting.ts";
import { MeetingRefusal } from "../../protocol/meetingSocket.ts";
import { either, text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";

/** The votes of a motion's round, one's own first. */
export function votesOf(motion: MotionView, mine: Mine): readonly Vote[] {
  const votes = mine.votes.filter((vote) => vote.motion === motion.motion && vote.round === motion.round);
  return votes.sort((a, b) => Number(isOwn(b, mine)) - Number(isOwn(a, mine)));
}

/** Whether it is one's own vote, or that of a group which one represents; otherwise a principal's. */
export function isOwn(vote: Vote, mine: Mine): boolean {
  return vote.creditor === mine.person || vote.creditor.startsWith("bloc:");
}

export function groupName(group: string): string {
  const names: Readonly<Record<string, string>> = meetingText().groups;
  return names[group] ?? group;
}

/** For whom a vote is: oneself, a group, or a principal by name; with the group where a plan has several. */
export function voterName(vote: Vote, mine: Mine): string {
  const t = meetingText().motions;
  if (vote.creditor.startsWith("bloc:")) return meetingText().bloc(groupName(vote.creditor.slice(5)));
  const who = isOwn(vote, mine) ? `${t.mine} ${vote.name}` : t.principal(vote.name);
  return vote.division === "all" ? who : `${who} · ${groupName(vote.division)}`;
}

/** What a person reads about a failure, whatever was thrown. */
export function failureOf(cause: unknown): string {
  const { errors } = text().common;
  if (!(cause instanceof ApiError || cause instanceof MeetingRefusal)) return errors.unexpected;
  const shown = either(cause.zh, cause.english);
  return cause.incident ? `${shown} ${errors.incident(cause.incident)}` : shown;
}

/** Offers an object as a file. */
export function saveJson(name: string, content: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The first sixteen digits of a fingerprint, in fours. */
export function shortCode(hash: string): string {
  return (hash.slice(0, 16).toUpperCase().match(/.{4}/g) ?? []).join("-");
}
