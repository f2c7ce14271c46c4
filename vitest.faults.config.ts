import { defineConfig } from 'vitest/config';
import { answers, postgresUrl } from './test/support/services.js';

const hasPostgres = await answers(postgresUrl);
if (!hasPostgres) {
  const skipped = `the faults on PostgreSQL: nothing answers at ${postgresUrl.host}`;
  if (process.env.REQUIRE_SERVICES) throw new Error(`Not to be skipped here: ${skipped}`);
  console.warn(`SKIPPED: ${skipped} (set TEST_POSTGRES_URL)`);
}

const faults = (database: 'sqlite' | 'postgres', include: string[], exclude: string[]): object => ({
  test: {
    name: `faults-${database}`,
    include,
    exclude,
    env: { NODE_ENV: 'test', TEST_DATABASE: database },
    testTimeout: process.env.FAULTS === 'short' ? 120_000 : 600_000,
    hookTimeout: 60_000,
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
              ['test/faults/{kill-nine,generated,overload,postgres,sigterm}*.fault-spec.ts'],
              [],
            ),
          ]
        : []),
    ],
  },
});
