import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';

const addresses = Object.values(networkInterfaces()).flat();
const lacking = addresses.some((each) => each?.address === '::1') ? '' : 'needs IPv6';
const account = { email: 'ada@example.org', password: 'correct horse battery staple' };

describe.skipIf(lacking)(`a server on both kinds of addresses${lacking && ` (${lacking})`}`, () => {
  let dataDir: string;
  let port: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    const server = await ServerProcess.start({
      NODE_ENV: 'test',
      HOST: '::',
      PORT: '0',
      DATA_DIR: dataDir,
      TRUST_PROXY: '127.0.0.1',
    });
    port = new URL(server.url).port;
    await new Client(server.url).post('/userauth/userSignup', account);
  });
  afterAll(async () => {
    await ServerProcess.killAll();
    rmSync(dataDir, { recursive: true });
  });

  /** What a session that is opened so says of its address. */
  async function addressOf(host: string, forwardedFor?: string): Promise<string> {
    const url = `http://${host}:${port}`;
    const headers: Record<string, string> = forwardedFor ? { 'x-forwarded-for': forwardedFor } : {};
    const { body } = await new Client(url).request('POST', '/userauth/userLogin', account, headers);
    const sessions = await new Client(url, body.access_token).get('/userauth/sessions');
    return sessions.body.data.find(({ current }: { current: boolean }) => current).ip;
  }

  it('names IPv4 peers in their long form, and knows a proxy by its short one', async () => {
    expect(await addressOf('127.0.0.1')).toBe('::ffff:127.0.0.1');
    expect(await addressOf('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
    expect(await addressOf('[::1]', '203.0.113.9')).toBe('::1');
  });
});
