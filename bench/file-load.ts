import { setTimeout as sleep } from 'node:timers/promises';
import { show, showTimes, type Stage } from './file-stage.js';
import type { PacedSends } from './paced-sends.js';
import { SideProcess } from './side-process.js';
import { downloadOn, type Person, uploadOn } from './transfers.js';

const SECONDS = 20;
/** In which all begin, one after another, as people do. */
const BEGIN_MS = 4000;
const SETTLE_MS = 1000;
const LOOK_MS = 200;
/** What one person has under way at once. */
const EACH = 4;

/** What `seal-turns.mjs` answers. */
interface Turns {
  sealedKib: number;
  sealingMs: number;
  turnMs: number;
}

/** What goes on until it is over. @returns of each, how much of it was refused */
type Work = (isOver: () => boolean) => Promise<number>[];

type Sender = SideProcess<PacedSends, number[]>;

/** What sends take, and what the server seals in one turn, beside uploads and downloads. */
export async function measureLoad(stage: Stage, id: string): Promise<void> {
  const { people } = stage;
  const up =
    (rate: number, count: number): Work =>
    (isOver) =>
      together(people.slice(0, count / EACH), (one) => uploadOn(one, rate, isOver));
  const down =
    (rate: number, count: number): Work =>
    (isOver) =>
      together(people.slice(0, count / EACH), (one) =>
        downloadOn(one, id, rate, isOver).then(() => 0),
      );
  const sender: Sender = new SideProcess('paced-sends.ts');
  try {
    await beside(stage, sender, 'warming up', () => [], 5);
    await beside(stage, sender, 'alone', () => []);
    await beside(stage, sender, '32 uploads of 1 MB/s', up(1e6, 32));
    await beside(stage, sender, '32 uploads and 16 downloads of 1 MB/s', (isOver) => [
      ...up(1e6, 32)(isOver),
      ...down(1e6, 16)(isOver),
    ]);
    await beside(stage, sender, '100 uploads of 100 kB/s', up(1e5, 100));
    await beside(stage, sender, 'alone again', () => []);
  } finally {
    sender.stop();
  }
}

function together(people: Person[], work: (one: Person) => Promise<number>): Promise<number>[] {
  const count = people.length * EACH;
  return Array.from({ length: count }, async (_, n) => {
    await sleep((n / count) * BEGIN_MS);
    return work(people[n % people.length]);
  });
}

async function beside(
  { server, people: [person] }: Stage,
  sender: Sender,
  name: string,
  work: Work,
  seconds = SECONDS,
): Promise<void> {
  let isOver = false;
  const others = work(() => isOver);
  await sleep(BEGIN_MS + SETTLE_MS);
  const live = await server.ask<number>('live');
  await server.ask<Turns>('turns');
  let resident = 0;
  const look = setInterval(() => (resident = Math.max(resident, server.rssMib())), LOOK_MS);
  const times = await sender.run({ person, seconds }).finally(() => clearInterval(look));
  const { sealedKib, sealingMs, turnMs } = await server.ask<Turns>('turns');
  isOver = true;
  const refused = (await Promise.all(others)).reduce((sum, count) => sum + count, 0);
  showTimes(`sends, ${name}`, times);
  show(
    '',
    `of a turn: ${sealedKib.toFixed(0)} KiB sealed and opened in ${sealingMs.toFixed(1)} ms, ` +
      `${turnMs.toFixed(1)} ms in all; ${live.toFixed(0)} MiB live, ${resident.toFixed(0)} resident; refused ${refused}`,
  );
}
