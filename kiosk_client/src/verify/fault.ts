/** One thing that is wrong: `line` of the file from 1 (0: none), and the leaf's `seq` where it is one. */
export class Fault extends Error {
  constructor(
    readonly line: number,
    readonly zh: string,
    readonly en: string,
    readonly seq: number | null = null,
  ) {
    super(en);
  }
}

/** Of a leaf. */
export function wrong(seq: number, zh: string, en: string): Fault {
  return new Fault(seq + 2, zh, en, seq);
}
