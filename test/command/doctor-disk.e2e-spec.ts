import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingPostgres, PostgresProcess } from '../faults/support/postgres-process.js';
import { Tmpfs } from '../faults/support/tmpfs.js';
import { conclave } from '../support/command.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const SIZE_MIB = 64;
const lacking = isPostgres ? (missingPostgres() ?? Tmpfs.refusal()) : 'is of PostgreSQL';

describe.skipIf(lacking)(`conclave doctor, of PostgreSQL's disk ${lacking ?? ''}`, () => {
  let disk: Tmpfs;
  let postgres: PostgresProcess;
  let database: TestDatabase;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    disk = Tmpfs.mount(SIZE_MIB);
    chmodSync(disk.path, 0o755);
    postgres = await PostgresProcess.create();
    const url = await databaseIn(join(disk.path, 'tablespace'));
    database = await TestDatabase.create();
    environment = { ...database.environment, DATABASE_URL: url };
  });
  afterAll(async () => {
    await postgres?.remove();
    disk?.remove();
    await database?.drop();
  });

  /** Its tables lie there, and all else that PostgreSQL writes elsewhere. @returns its URL */
  async function databaseIn(folder: string): Promise<string> {
    postgres.giveFolder(folder);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query('ALTER SYSTEM SET autovacuum = off'); // it would write there when it likes
    await client.query('SELECT pg_reload_conf()');
    await client.query(`CREATE TABLESPACE small LOCATION '${folder}'`);
    await client.query('CREATE DATABASE conclave TABLESPACE small');
    await client.end();
    const url = new URL(postgres.url);
    url.pathname = '/conclave';
    return url.href;
  }

  async function found(): Promise<{ code: number; dangers: string[] }> {
    const { code, out } = await conclave(environment, ['doctor', '--json']);
    const { findings } = JSON.parse(out) as { findings: { severity: string; what: string }[] };
    const dangers = findings.filter(({ severity }) => severity === 'danger');
    return { code, dangers: dangers.map(({ what }) => what) };
  }

  it('finds it full while sends are 503, and sound once there is room', async () => {
    const app = await TestApp.start(environment, database);
    const { user, chatId } = await app.givenMember();
    const send = () => user.client.post('/message/', { chatid: chatId, message: 'x'.repeat(4000) });
    expect(await found()).toEqual({ code: 0, dangers: [] });

    const ballast = join(disk.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(disk.free));
    let sent = await send();
    while (sent.status === 201) sent = await send(); // the last pages are filled
    expectProblem(sent, 503, 'unavailable');
    expect(await found()).toEqual({
      code: 1,
      dangers: [expect.stringMatching(/^The database: its disk is full: .*No space left/)],
    });

    rmSync(ballast);
    expect((await send()).status).toBe(201);
    expect(await found()).toEqual({ code: 0, dangers: [] });
    await app.close();
  });
});
