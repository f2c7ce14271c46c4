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

const endToEnd = (database: 'sqlite' | 'postgres'): object => ({
  test: {
    name: database,
    include: ['test/**/*.e2e-spec.ts'],
    env: { NODE_ENV: 'test', TEST_DATABASE: database },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/**/*.spec.ts'], testTimeout: 30_000 } },
      endToEnd('sqlite'),
      ...(hasPostgres ? [endToEnd('postgres')] : []),
    ],
  },
});
