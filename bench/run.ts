// npm run bench: Conclave beside a bare reference, in turn, on SQLite and PostgreSQL.
import { describeMachine } from './machine.js';
import { Loader } from './loader.js';
import { measureGroup, type Side } from './measure.js';
import { runMemoryFlat } from './memory-flat.js';
import { type DatabaseKind, type Options, readOptions } from './options.js';
import { failures, report, type Result } from './report.js';
import { isWanted, SCENARIOS, type Scenario, START } from './scenarios.js';
import { Server } from './server.js';
import { startsAgain, startsOnNothing } from './starts.js';
import { Store } from './store.js';
import { type Profile, type Target, TARGETS } from './targets.js';
import { makeWorld } from './world.js';

const PROFILES: Profile[] = ['default', 'small cache', 'no cache', 'slow disk'];

async function main(options: Options): Promise<void> {
  const machine = await describeMachine();
  const databases = options.databases.filter((kind) => kind === 'sqlite' || machine.postgres);
  if (databases.length < options.databases.length) {
    console.error('skipped: PostgreSQL, which does not answer (set BENCH_POSTGRES_URL)');
  }
  const loader = new Loader();
  try {
    if (options.memoryFlat !== undefined) {
      for (const kind of databases) await runMemoryFlat(loader, kind, options.memoryFlat);
      return;
    }
    const results: Result[] = [];
    for (const kind of databases) results.push(...(await measureAll(loader, options, kind)));
    console.log(report({ machine, options, results }));
    if (results.some((result) => failures(result) > 0)) process.exitCode = 1;
  } finally {
    loader.stop();
    await cleanUp();
  }
}

async function cleanUp(): Promise<void> {
  await Server.stopAll();
  await Store.dropAll();
}

async function measureAll(
  loader: Loader,
  options: Options,
  database: DatabaseKind,
): Promise<Result[]> {
  const results: Result[] = [];
  const done = (result: Result): void => {
    results.push(result);
    console.error(progressOf(result));
  };
  const hasStarts = isWanted(options.only, START);
  if (hasStarts) done(await startsOnNothing(database, options.rounds));
  const sides = await Promise.all(TARGETS.map((target) => makeSide(target, database, options)));
  if (hasStarts) done(await startsAgain(database, options.rounds, sides));
  for (const profile of PROFILES) {
    const scenarios = scenariosOf(options, database, profile);
    if (scenarios.length === 0) continue;
    const group = { database, profile, scenarios };
    await measureGroup(loader, options, group, sides, done).catch(async (error: Error) => {
      // Not every machine lets one process hold up another.
      if (profile !== 'slow disk') throw error;
      await Server.stopAll();
      for (const { name, connections } of scenarios) {
        done({ database, name, connections, unit: 'requests/s', skipped: error.message });
      }
    });
  }
  for (const { store } of sides) await store.drop();
  return results;
}

async function makeSide(target: Target, kind: DatabaseKind, { messages }: Options): Promise<Side> {
  const store = await Store.create(kind);
  return { target, store, world: await makeWorld(target, store, messages) };
}

function scenariosOf({ only }: Options, database: DatabaseKind, profile: Profile): Scenario[] {
  return SCENARIOS.filter(
    (scenario) =>
      scenario.profile === profile &&
      (scenario.database ?? database) === database &&
      isWanted(only, scenario.name),
  );
}

function progressOf(result: Result): string {
  const { database, name, connections, unit, conclave, reference, skipped } = result;
  const [ours, theirs] = [conclave, reference].map((figure) => figure?.value.toFixed(1) ?? '–');
  const outcome = skipped ? `skipped: ${skipped}` : `${ours} : ${theirs} ${unit}`;
  return `${database.padEnd(9)} ${`${name} ${connections ?? ''}`.padEnd(42)} ${outcome}`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
}

main(readOptions(process.argv.slice(2))).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
