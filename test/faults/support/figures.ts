import { appendFileSync } from 'node:fs';

/** What became of the messages that a server said it has. */
export interface Verdict {
  /** Messages answered with 201 or 200. */
  acknowledged: number;
  /** Those of them that the room holds, as they were sent and where the answer put them. */
  found: number;
  /** Those that it does not. */
  lost: number;
  /** Messages that stand in the room although their `client_id` stood there before. */
  twice: number;
  /** Places where `seq` does not go on by one. */
  gaps: number;
  /** Messages in the room, those included whose answer nobody heard. */
  total: number;
}

/** Whether a fault run takes seconds instead of minutes, by `FAULTS=short`. */
export const isShort = process.env.FAULTS === 'short';

/** Adds a line to what is printed when all tests have ended; rows of the table come first. */
export function note(line: string): void {
  if (process.env.FAULT_FIGURES) appendFileSync(process.env.FAULT_FIGURES, `${line}\n`);
  else console.log(line);
}

/** For `it.skipIf`: says what a machine does not allow, and answers whether to skip. */
export function isRefused(name: string, reason: string | undefined): boolean {
  if (reason !== undefined) note(`${name}: SKIPPED, ${reason}`);
  return reason !== undefined;
}

/** Adds a row to the table: a fault, what became of the messages, and what else was seen. */
export function tell(fault: string, verdict: Verdict, besides: string): void {
  const { acknowledged, found, lost, twice } = verdict;
  const counts = [acknowledged, found, lost, twice].map((count) => count.toLocaleString('en'));
  note(`| ${[fault, ...counts, besides].join(' | ')} |`);
}
