import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { takeEnvironment } from '../../src/config/take-environment.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { PASSWORD } from '../support/test-app.js';
import { until } from '../support/until.js';

const dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await ServerProcess.killAll();
  rmSync(dataDir, { recursive: true });
});

describe('the environment', () => {
  it('holds no secret any more once it is taken', () => {
    const secrets = ['MASTER_KEYS', 'JWT_SECRET', 'DATABASE_URL', 'REDIS_URL', 'METRICS_TOKEN'];
    secrets.push('S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_SECRET_ACCESS_KEY_FILE');
    for (const name of secrets) vi.stubEnv(name, 'secret');
    vi.stubEnv('LOG_LEVEL', 'warn');
    expect(takeEnvironment()).toMatchObject({
      MASTER_KEYS: 'secret',
      LOG_LEVEL: 'warn',
    });
    expect(secrets.filter((name) => name in process.env)).toEqual([]);
    expect(process.env.LOG_LEVEL).toBe('warn');
  });
});

describe('the heap of a server', () => {
  it('holds no text of a master key', { timeout: 120_000 }, async () => {
    const masterKeys = [1, 2].map(() => `${randomBytes(32).toString('base64url')}=`);
    const server = await ServerProcess.start(
      {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        MASTER_KEYS: masterKeys.join(),
        JWT_SECRET: randomBytes(40).toString('hex'),
        NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${dataDir}`,
      },
      dataDir,
    );
    const account = { email: 'ada@example.org', password: PASSWORD };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const { body: room } = await client.post('/chat/', {
      chat_name: 'Room of this test',
    });
    expect((await client.post('/message/', { chatid: room.id, message: 'hi' })).status).toBe(201);
    server.kill('SIGUSR2');
    const snapshot = (): string | undefined =>
      readdirSync(dataDir).find((name) => name.endsWith('.heapsnapshot'));
    await until(() => snapshot() !== undefined, 60_000);
    // It answers again once it is written.
    expect((await client.get('/chat/')).status).toBe(200);
    const heap = readFileSync(join(dataDir, snapshot()!), 'utf8');
    // Never the heap itself as what is expected: a failure would print it.
    expect(heap.includes('conclave/key-id/v1')).toBe(true); // so it is one
    expect(masterKeys.filter((key) => heap.includes(key))).toEqual([]);
  });
});
