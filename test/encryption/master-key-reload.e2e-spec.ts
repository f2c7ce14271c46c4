import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const newKey = (): string => `${randomBytes(32).toString('base64url')}=`;
const [older, newer] = [newKey(), newKey()];
const idOf = (key: string): string => MasterKeys.of(key).currentId;

let database: TestDatabase;
let server: ServerProcess;

async function start(keys: object): Promise<void> {
  server = await ServerProcess.start({
    ...database.environment,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    JWT_SECRET: randomBytes(40).toString('hex'),
    PBKDF2_ITERATIONS: '600000',
    ...keys,
  });
}

const lines = (event: string): Record<string, unknown>[] =>
  server.output
    .split('\n')
    .filter((line) => line.includes(event))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function reload(): Promise<Record<string, unknown>> {
  const before = lines('reloaded').length;
  server.kill('SIGHUP');
  await until(() => lines('reloaded').length > before, 20_000);
  return lines('reloaded').at(-1)!;
}

afterEach(async () => {
  await ServerProcess.killAll();
  await database.drop();
});

describe('SIGHUP', () => {
  it('reads the keys again, and keeps the old ones where anything is wrong', async () => {
    database = await TestDatabase.create();
    const path = join(database.dataDir, 'keys.txt');
    writeFileSync(path, older);
    await start({ MASTER_KEYS_FILE: path });
    const account = { email: 'ada@example.org', password: PASSWORD };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const { body: room } = await client.post('/chat/', { chat_name: 'Room' });
    await client.post('/message/', { chatid: room.id, message: 'before' });

    for (const [text, fault] of [
      ['hunter2', /must be a Fernet key/],
      ['', /is empty/],
      [newer, new RegExp(`key id ${idOf(older)}`)],
    ] as const) {
      writeFileSync(path, text);
      const told = await reload();
      expect(told).toMatchObject({
        event: 'master_keys.not_reloaded',
        fault: expect.stringMatching(fault),
      });
      expect((await client.post('/message/', { chatid: room.id, message: 'still' })).status).toBe(
        201,
      );
    }
    expect(server.output).not.toMatch(new RegExp(`hunter2|${newer}|${older}`));

    writeFileSync(path, `${newer}\n${older}\n`);
    expect(await reload()).toMatchObject({
      event: 'master_keys.reloaded',
      key_ids: [idOf(newer), idOf(older)],
    });
    await until(() => lines('keys.rotation_finished').length > 0, 20_000);
    writeFileSync(path, newer);
    expect(await reload()).toMatchObject({
      event: 'master_keys.reloaded',
      key_ids: [idOf(newer)],
    });
    const { body: page } = await client.get(`/message/?chat_id=${room.id}`);
    expect(page.data[0].message).toBe('before');
    expect((await client.post('/chat/', { chat_name: 'Another' })).status).toBe(201);
  });

  it('reads once for each, the last time last', async () => {
    database = await TestDatabase.create();
    const path = join(database.dataDir, 'keys.txt');
    writeFileSync(path, older);
    const slow = `sleep 0.$((RANDOM % 5)); cat ${path}`;
    await start({
      MASTER_KEYS_COMMAND: JSON.stringify(['/bin/bash', '-c', slow]),
    });
    for (const text of [`${newer}\n${older}`, `${older}\n${newer}`, `${newer}\n${older}\n#`]) {
      writeFileSync(path, text);
      server.kill('SIGHUP');
      await sleep(20); // or the signals are one
    }
    await until(() => lines('master_keys.reloaded').length === 3, 20_000);
    expect(lines('master_keys.reloaded').at(-1)).toMatchObject({
      key_ids: [idOf(newer), idOf(older)],
    });
  });

  it('fails nobody who asks meanwhile, with good files and bad', async () => {
    database = await TestDatabase.create();
    const path = join(database.dataDir, 'keys.txt');
    writeFileSync(path, older);
    await start({ MASTER_KEYS_FILE: path });
    const account = { email: 'ada@example.org', password: PASSWORD };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const { body: room } = await client.post('/chat/', { chat_name: 'Room' });
    let isOver = false;
    const statuses = new Set<number>();
    const asking = Array.from({ length: 16 }, async (_, n) => {
      while (!isOver) {
        const asked =
          n % 2
            ? client.post('/message/', {
                chatid: room.id,
                message: 'meanwhile',
              })
            : client.get(`/message/?chat_id=${room.id}`);
        statuses.add((await asked).status);
      }
    });
    const good = [`${newer}\n${older}`, `${older}\n${newer}`];
    for (let n = 0; n < 8; n++) {
      writeFileSync(path, n % 2 ? 'hunter2' : good[(n / 2) % 2]);
      const { event } = await reload();
      expect(event).toBe(n % 2 ? 'master_keys.not_reloaded' : 'master_keys.reloaded');
    }
    isOver = true;
    await Promise.all(asking);
    expect([...statuses].sort()).toEqual([200, 201]);
    const { body: page } = await client.get(`/message/?chat_id=${room.id}&limit=200`);
    expect(page.data.filter((one: { message: string }) => one.message !== 'meanwhile')).toEqual([]);
  });

  it('says that MASTER_KEYS cannot be read again', async () => {
    database = await TestDatabase.create();
    await start({ MASTER_KEYS: older });
    expect(await reload()).toMatchObject({
      event: 'master_keys.not_reloaded',
      fault: expect.stringContaining('MASTER_KEYS_FILE'),
    });
    expect((await new Client(server.url).get('/health/ready')).status).toBe(200);
  });
});
