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

/** Adds a line to the table that is printed when all tests have ended. */
export function note(line: string): void {
  if (process.env.FAULT_FIGURES) appendFileSync(process.env.FAULT_FIGURES, `${line}\n`);
  else console.log(line);
}

/** For `it.skipIf`: says in the table what a machine does not allow, and answers whether to skip. */
export function isRefused(name: string, reason: string | undefined): boolean {
  if (reason !== undefined) note(`${name}: SKIPPED, ${reason}`);
  return reason !== undefined;
}

/** Such as `acknowledged 12,345, found 12,345, lost 0, twice 0`. */
export function summary({ acknowledged, found, lost, twice }: Verdict): string {
  return Object.entries({ acknowledged, found, lost, twice })
    .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
    .join(', ');
}
