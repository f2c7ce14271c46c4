import { defineConfig } from 'vitest/config';
import { answers, postgresUrl } from './test/support/services.js';

const hasPostgres = await answers(postgresUrl);
if (!hasPostgres) {
  const skipped = `the faults on PostgreSQL: nothing answers at ${postgresUrl.host}`;
  if (process.env.REQUIRE_SERVICES) throw new Error(`Not to be skipped here: ${skipped}`);
  console.warn(`SKIPPED: ${skipped} (set TEST_POSTGRES_URL)`);
}

const isShort = process.env.FAULTS === 'short';
/** What these measure is the wait of one beside many, for which the machine has to be idle. */
const WAITS = isShort ? ['test/faults/{crowds,log-ins}*'] : [];

const faults = (database: 'sqlite' | 'postgres', include: string[], exclude: string[]): object => ({
  test: {
    name: `faults-${database}`,
    include,
    exclude: [...exclude, ...WAITS],
    env: { NODE_ENV: 'test', TEST_DATABASE: database },
    testTimeout: isShort ? 120_000 : 600_000,
    hookTimeout: 60_000,
    retry: process.env.CI ? 2 : 0,
  },
});

/** One file after the other: each wants the machine for itself. */
export default defineConfig({
  test: {
    maxWorkers: 1,
    globalSetup: 'test/faults/support/print-figures.ts',
    projects: [
      faults('sqlite', ['test/faults/*.fault-spec.ts'], ['test/faults/postgres*']),
      ...(hasPostgres
        ? [
            faults(
              'postgres',
              [
                'test/faults/{crowds,kill-nine,generated,log-ins,overload,postgres,sigterm}*.fault-spec.ts',
              ],
              [],
            ),
          ]
        : []),
    ],
  },
});
