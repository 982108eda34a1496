/** A short line that begins a chapter: 一、… or 1. Title (no full stop). */
const HEADING = /^([一二三四五六七八九十]+、.{1,20}|\d+\. [A-Z][^.]{1,70})$/;

/** A notice of the court: its first line is its title, short lines begin chapters. */
export function NoticeText({ body }: { body: string }) {
  const [first, ...lines] = body.split("\n").filter((line) => line.trim() !== "");
  return (
    <>
      <h2>{first}</h2>
      {lines.map((line) => (HEADING.test(line) ? <h3 key={line}>{line}</h3> : <p key={line}>{line}</p>))}
    </>
  );
}
