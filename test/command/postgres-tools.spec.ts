import { expect, it } from 'vitest';
import { findTool } from '../../src/cli/backup/postgres-tools.js';

it('names the program of PostgreSQL that is missing, and what to install', async () => {
  await expect(findTool('pg_dump', 99)).rejects.toThrow(
    /^pg_dump of PostgreSQL 99 or newer is not in PATH.*postgresql-client-99/,
  );
});
