import type { Side } from './measure.js';
import type { DatabaseKind } from './options.js';
import type { Figure, Result } from './report.js';
import { START } from './scenarios.js';
import { median } from './statistics.js';
import { Store } from './store.js';
import { TARGETS, type Target } from './targets.js';

type Times = Record<Target['name'], number[]>;

/** From the start of the process to its first answer: with nothing there yet, schema included. */
export async function startsOnNothing(database: DatabaseKind, rounds: number): Promise<Result> {
  const times: Times = { conclave: [], reference: [] };
  for (let round = 0; round < rounds; round++) {
    for (const target of TARGETS) {
      const store = await Store.create(database);
      times[target.name].push(await timeStart(target, store));
      await store.drop();
    }
  }
  return resultOf(database, `${START}, on nothing`, times);
}

/** The same with the large room there. */
export async function startsAgain(
  database: DatabaseKind,
  rounds: number,
  sides: Side[],
): Promise<Result> {
  const times: Times = { conclave: [], reference: [] };
  for (let round = 0; round < rounds; round++) {
    for (const { target, store } of sides) times[target.name].push(await timeStart(target, store));
  }
  return resultOf(database, `${START}, again`, times);
}

async function timeStart(target: Target, store: Store): Promise<number> {
  const server = await target.start(store, 'default');
  await server.stop();
  return server.readyMs;
}

function resultOf(database: DatabaseKind, name: string, times: Times): Result {
  const figure = (rounds: number[]): Figure => ({ value: median(rounds), rounds });
  const figures = { conclave: figure(times.conclave), reference: figure(times.reference) };
  return { database, name, unit: 'ms', ...figures };
}
