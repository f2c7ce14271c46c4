import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beside, conclave, conclaveJson } from '../support/command.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { expectShortTurns } from '../support/turns.js';
import { until } from '../support/until.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let database: TestDatabase;
let socket: string;
beforeEach(async () => {
  database = await TestDatabase.create();
  socket = join(database.dataDir, 'conclave.sock');
});
afterEach(async () => {
  await ServerProcess.killAll();
  await database.drop();
});

/** What is answered to these bytes. */
async function say(bytes: string): Promise<string> {
  const connection = connect({ path: socket, allowHalfOpen: true });
  connection.on('error', () => undefined).end(bytes);
  return text(connection).catch(() => '');
}

describe("the server's socket for the command", () => {
  it('is for its owner alone, replaces a stale one, and goes with a clean stop', async () => {
    const killed = await ServerProcess.start(database.environment);
    await killed.stop('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    const server = await ServerProcess.start(database.environment);
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    expect(await conclaveJson(beside(database), ['users', 'list'])).toMatchObject({ data: [] });
    expect(await server.stop()).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it('answers one request, and drops what is none or too much', async () => {
    const app = await TestApp.start({}, database);
    const request = { operation: 'users.list', given: { limit: '9' } };
    expect(JSON.parse(await say(JSON.stringify(request))).result.data).toEqual([]);
    for (const operation of ['users.nope', 'toString', 7, ['users.list'], { toString: 1 }]) {
      const { error } = JSON.parse(await say(JSON.stringify({ operation })));
      expect(error).toContain('of another version');
    }
    const long = JSON.stringify({ ...request, given: { pad: 'x'.repeat(70_000) } });
    for (const bytes of ['', 'null', '{', long]) {
      expect(JSON.parse(await say(bytes)).error).toContain('That is no request');
    }
    const silent = connect(socket).resume();
    await once(silent, 'close'); // after five seconds
    await app.close();
  });

  it.runIf(isPostgres)('is one for all processes of a folder, and passes on', async () => {
    const first = await TestApp.start({}, database);
    const second = await TestApp.start({}, database);
    const { ino } = lstatSync(socket);
    await first.close();
    await until(() => existsSync(socket));
    expect(lstatSync(socket).ino).not.toBe(ino);
    expect(await conclaveJson(beside(database), ['users', 'list'])).toMatchObject({ data: [] });
    await second.close();
    expect(existsSync(socket)).toBe(false);
  });

  it('is not made where its path would be too long, which the log says', async () => {
    const DATA_DIR = join(database.dataDir, 'x'.repeat(100));
    const app = await TestApp.start({ DATA_DIR, LOG_LEVEL: 'info' }, database);
    expect(app.log).toContainEqual(
      expect.objectContaining({
        event: 'command.no_socket',
        fault: expect.stringContaining('choose a shorter DATA_DIR'),
      }),
    );
    expect(existsSync(join(DATA_DIR, 'conclave.sock'))).toBe(false);
    await app.close();
  });

  it('stops the event loop for no longer than it may', async () => {
    const app = await TestApp.start({}, database);
    const { user, chatId } = await app.givenMember();
    const calls = [
      ['users', 'list'],
      ['users', 'show', user.email],
      ['rooms', 'list'],
      ['rooms', 'show', chatId],
      ['users', 'end-sessions', user.email],
    ];
    const callAll = async (): Promise<void> => {
      for (const call of calls) await conclaveJson(beside(database), call);
    };
    await callAll();
    await expectShortTurns(() => Promise.resolve(callAll));
    await app.close();
  });
});

describe.runIf(isRoot)('whoever is not the owner (needs root)', () => {
  const list = ['users', 'list', '--json'];

  it('is refused beside a server', async () => {
    const app = await TestApp.start({}, database);
    const asNobody = { uid: NOBODY, gid: NOBODY };
    const { code, out } = await conclave(beside(database), list, '', asNobody);
    expect([code, JSON.parse(out).error]).toEqual([
      1,
      expect.stringContaining(`belongs to uid 0, and this is uid ${NOBODY}`),
    ]);
    await app.close();
  });

  it('is let in where the folder was made for several, as that of the image', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-owner-'));
    chmodSync(folder, 0o777);
    const environment = { ...database.environment, DATA_DIR: folder };
    const asNobody = { uid: NOBODY, gid: NOBODY };
    expect((await conclave(environment, list, '', asNobody)).code).toBe(0);
    expect((await conclave(environment, list)).code).toBe(isPostgres ? 0 : 1); // it is somebody's by now
    rmSync(folder, { recursive: true });
  });

  it('is refused without one, root too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-owner-'));
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'conclave.sqlite'), '');
    for (const path of [dataDir, join(dataDir, 'conclave.sqlite')]) chownSync(path, NOBODY, NOBODY);
    const { code, out } = await conclave({ ...database.environment, DATA_DIR: dataDir }, list);
    expect([code, JSON.parse(out).error]).toEqual([
      1,
      expect.stringContaining(`belongs to uid ${NOBODY}, and this is uid 0. Run it as its owner`),
    ]);
    rmSync(folder, { recursive: true });
  });
});
