import { setTimeout as sleep } from 'node:timers/promises';
import type { Loader } from './loader.js';
import type { DatabaseKind, Options } from './options.js';
import type { Figure, Result } from './report.js';
import type { Scenario } from './scenarios.js';
import type { Server } from './server.js';
import { median } from './statistics.js';
import type { Store } from './store.js';
import type { Profile, Target } from './targets.js';
import type { World } from './world.js';

const IDLE_MS = 2000;
/** Pages open fifty bodies each, and settle sooner. */
const SENDS_PER_PAGE = 5;
const SYNC_MS = 5;

/** One of the two that are measured, with what it holds. */
export interface Side {
  target: Target;
  store: Store;
  world: World;
}

interface Running extends Side {
  server: Server;
  idleMib: number;
  loadedMib: number;
}

interface Sample {
  rate: number;
  medianMs: number;
  p99Ms: number;
  cpuUs: number;
  failed: number;
}

/** Measures the scenarios of one profile, on servers that are started and warmed up for them. */
export async function measureGroup(
  loader: Loader,
  options: Options,
  { database, profile, scenarios }: GroupOf,
  sides: Side[],
  done: (result: Result) => void,
): Promise<void> {
  const running = await Promise.all(sides.map((side) => begin(side, profile)));
  try {
    for (const side of running) await warmUp(loader, options, profile, scenarios[0], side);
    for (const scenario of scenarios) {
      done({ database, ...(await measure(loader, options, scenario, running)) });
    }
    if (profile === 'default') for (const result of memory(running)) done({ database, ...result });
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

export interface GroupOf {
  database: DatabaseKind;
  profile: Profile;
  scenarios: Scenario[];
}

async function begin(side: Side, profile: Profile): Promise<Running> {
  const server = await side.target.start(side.store, profile);
  if (profile === 'default') await sleep(IDLE_MS);
  const idleMib = server.rssMib();
  return { ...side, server, idleMib, loadedMib: idleMib };
}

async function warmUp(
  loader: Loader,
  options: Options,
  profile: Profile,
  { calls }: Scenario,
  { server: { url }, world }: Running,
): Promise<void> {
  const job = { url, world, connections: 16 };
  if (profile === 'default') {
    const amount = options.warmUp;
    await loader.run({ ...job, calls: 'send', amount });
    const pages = Math.ceil(amount / SENDS_PER_PAGE);
    await loader.run({ ...job, calls: 'newestPage', amount: pages });
    return;
  }
  if (profile === 'slow disk') {
    const { medianMs } = await loader.run({ ...job, calls: 'send', connections: 1, seconds: 1 });
    if (!(medianMs >= SYNC_MS)) throw new Error('the injection has no effect');
  }
  await loader.run({ ...job, calls, seconds: 2 * options.seconds });
}

/** Conclave, reference, Conclave, reference …, so that a drift of the machine meets both. */
async function measure(
  loader: Loader,
  { rounds, seconds }: Options,
  scenario: Scenario,
  sides: Running[],
): Promise<Omit<Result, 'database'>> {
  const measured = sides.filter(
    ({ target }) => !scenario.isConclaveOnly || target.name === 'conclave',
  );
  const samples = measured.map((): Sample[] => []);
  for (const side of measured) await settle(loader, scenario, seconds / 2, side);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of measured.entries()) {
      samples[index].push(await sample(loader, scenario, seconds, side));
    }
  }
  const isAlone = scenario.connections === 1;
  const figures = Object.fromEntries(
    measured.map(({ target }, index) => [target.name, figureOf(samples[index], isAlone)]),
  );
  const { name, connections } = scenario;
  return { name, connections, unit: isAlone ? 'ms' : 'requests/s', ...figures };
}

/** Gets used to a scenario, and looks whether the answers are right. */
async function settle(
  loader: Loader,
  { calls, connections }: Scenario,
  seconds: number,
  { server: { url }, world }: Running,
): Promise<void> {
  await loader.run({ url, world, calls, connections, seconds, isProbed: true });
}

async function sample(
  loader: Loader,
  { calls, connections }: Scenario,
  seconds: number,
  side: Running,
): Promise<Sample> {
  const { server, world } = side;
  const begunUs = server.cpuUs();
  const load = await loader.run({ url: server.url, world, calls, connections, seconds });
  const cpuUs = (server.cpuUs() - begunUs) / load.requests;
  side.loadedMib = Math.max(side.loadedMib, server.rssMib());
  const { medianMs, p99Ms, failed } = load;
  return { rate: (load.requests * 1000) / load.elapsedMs, medianMs, p99Ms, cpuUs, failed };
}

function figureOf(samples: Sample[], isAlone: boolean): Figure {
  const rounds = samples.map(({ rate, medianMs }) => (isAlone ? medianMs : rate));
  return {
    value: median(rounds),
    rounds,
    medianMs: median(samples.map(({ medianMs }) => medianMs)),
    p99Ms: median(samples.map(({ p99Ms }) => p99Ms)),
    cpuUs: median(samples.map(({ cpuUs }) => cpuUs)),
    failed: samples.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function memory(sides: Running[]): Omit<Result, 'database'>[] {
  const of = (value: (side: Running) => number): Record<string, Figure> =>
    Object.fromEntries(
      sides.map((side) => [side.target.name, { value: value(side), rounds: [value(side)] }]),
    );
  return [
    { name: 'memory, idle', unit: 'MiB', ...of(({ idleMib }) => idleMib) },
    { name: 'memory, under load', unit: 'MiB', ...of(({ loadedMib }) => loadedMib) },
  ];
}
