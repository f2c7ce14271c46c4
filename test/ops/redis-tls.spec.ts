import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../faults/support/free-port.js';
import { Certificate, missingOpenssl } from '../support/certificate.js';
import { Client } from '../support/client.js';
import { hasRedisServer, RedisProcess } from '../support/redis-process.js';
import { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const lacking = hasRedisServer ? missingOpenssl : 'needs redis-server';

describe.skipIf(lacking)(`TLS to Redis${lacking && ` (${lacking})`}`, () => {
  let folder: string;
  let certificate: Certificate;
  let redis: RedisProcess;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    certificate = new Certificate(folder, 'redis.example.org');
    const port = String(await freePort());
    const files = ['--tls-cert-file', certificate.file, '--tls-key-file', certificate.keyFile];
    const options = ['--tls-port', port, ...files, '--tls-auth-clients', 'no'];
    redis = await RedisProcess.start(...options);
    const REDIS_URL = `rediss://127.0.0.1:${port}`;
    environment = { NODE_ENV: 'test', PORT: '0', DATA_DIR: join(folder, 'data'), REDIS_URL };
  });
  afterAll(async () => {
    await ServerProcess.killAll();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  const stateOf = async ({ url }: ServerProcess): Promise<string> =>
    (await new Client(url).get('/health/ready')).body.redis;

  it('takes a certificate of the CA that Node is given', async () => {
    const server = await ServerProcess.start({
      ...environment,
      NODE_EXTRA_CA_CERTS: certificate.file,
    });
    await until(async () => (await stateOf(server)) === 'ok');
    expect(await server.stop()).toBe(0);
  });

  it('takes none that it does not know', async () => {
    const server = await ServerProcess.start(environment);
    await until(() => /redis\.away.*self-signed certificate/.test(server.output));
    expect(await stateOf(server)).toBe('degraded');
    expect(await server.stop()).toBe(0);
  });
});
