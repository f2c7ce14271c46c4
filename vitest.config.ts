import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { answers, postgresUrl } from './test/support/services.js';

/** Where to write the results as JSON too. */
const report = process.env.TEST_REPORT;

const hasPostgres = await answers(postgresUrl);
if (!hasPostgres) {
  const skipped = `the end-to-end tests on PostgreSQL: nothing answers at ${postgresUrl.host}`;
  if (process.env.REQUIRE_SERVICES) throw new Error(`Not to be skipped here: ${skipped}`);
  console.warn(`SKIPPED: ${skipped} (set TEST_POSTGRES_URL)`);
}

/** For what hangs; how long something takes on a busy machine is no failure, and in CI nor is one stall. */
const PATIENCE = {
  testTimeout: 240_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
  retry: process.env.CI ? 2 : 0,
};

const onDatabase = (database: 'sqlite' | 'postgres'): object => ({
  test: {
    name: database,
    include: ['test/**/*.{db,e2e}-spec.ts'],
    env: { NODE_ENV: 'test', TEST_DATABASE: database },
    isolate: false, // to load all modules anew takes half of the time of most files
    ...PATIENCE,
  },
});

export default defineConfig({
  test: {
    maxWorkers: Math.max(2, availableParallelism()), // much of a test is waiting
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{test,packages/*/test}/**/*.spec.ts'],
          ...PATIENCE,
        },
      },
      onDatabase('sqlite'),
      ...(hasPostgres ? [onDatabase('postgres')] : []),
    ],
  },
});
