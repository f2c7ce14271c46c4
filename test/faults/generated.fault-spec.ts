import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXCHANGE_SECRET } from '../support/exchange-token.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note } from './support/figures.js';
import { type Failure, GeneratedRun } from './support/generated-run.js';
import { Judge } from './support/generated-verdict.js';
import { ApiDocument } from './support/openapi-document.js';

const SEED = Number(process.env.SEED ?? 20261122);
const REQUESTS = Number(process.env.FAULTS_REQUESTS ?? (isShort ? 4000 : 100_000));
/** As many as let every operation succeed for somebody. */
const ENOUGH = 20_000;
const MOST_SHOWN = 30;
const LONGEST_MS = 3_600_000;

let database: TestDatabase;
let server: ServerProcess;
const secrets = {
  MASTER_KEYS: randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  JWT_SECRET: randomBytes(48).toString('base64url'),
  EXCHANGE_SECRET,
};
beforeAll(async () => {
  database = await TestDatabase.create();
  server = await ServerProcess.start({ ...database.environment, ...secrets });
});
afterAll(async () => {
  await ServerProcess.killAll();
  await database?.drop();
});

it(
  `answers ${REQUESTS} generated requests as the document says`,
  async () => {
    const document = new ApiDocument();
    const inside = [...Object.values(secrets), database.dataDir, database.url ?? database.dataDir];
    const run = new GeneratedRun(server.url, document, new Judge(document, inside), SEED);
    const begun = Date.now();
    await run.run(REQUESTS);
    report(run, Date.now() - begun);
    expect(shown(run.failures), `seed ${SEED}\n${failureLog()}`).toEqual([]);
    expect(failureLog()).toBe('');
    if (REQUESTS < ENOUGH) return;
    const unreached = document.operations
      .map(({ method, path }) => `${method} ${path}`)
      .filter((name) => ![...(run.counts.get(name)?.keys() ?? [])].some((it) => it < 300));
    expect(unreached, 'operations that nothing succeeded on').toEqual([]);
  },
  LONGEST_MS,
);

/** One of each sort, with how many there are. */
function shown(failures: Failure[]): object[] {
  const sorts = new Map<string, Failure & { times: number }>();
  for (const failure of failures) {
    const sort = failure.faults.join('; ').slice(0, 80);
    sorts.set(sort, { ...failure, times: (sorts.get(sort)?.times ?? 0) + 1 });
  }
  return [...sorts.values()].slice(0, MOST_SHOWN);
}

/** What the server logged of answers that it failed to give. */
function failureLog(): string {
  return server.output
    .split('\n')
    .filter((line) => line.includes('"request.failed"') || line.includes('"level":60'))
    .slice(0, MOST_SHOWN)
    .join('\n');
}

function report({ counts, failures, upkeep }: GeneratedRun, tookMs: number): void {
  const name = `generated requests, ${isPostgres ? 'PostgreSQL' : 'SQLite'}`;
  const seconds = (tookMs / 1000).toFixed(0);
  note(
    `${name}: ${REQUESTS} (and ${upkeep} to set up), seed ${SEED}, ${failures.length} wrong, ${seconds} s`,
  );
  for (const [operation, statuses] of [...counts].sort()) {
    const sorted = [...statuses].sort(([a], [b]) => a - b);
    note(`  ${operation}: ${sorted.map(([status, times]) => `${status} × ${times}`).join(', ')}`);
  }
}
