import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/cli/doctor/examine.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { Tmpfs } from '../faults/support/tmpfs.js';
import { conclave } from '../support/command.js';
import { S3Server } from '../support/s3-server.js';
import { TestDatabase } from '../support/test-database.js';

const noTmpfs = Tmpfs.refusal();

let database: TestDatabase;
let s3: S3Server;
beforeEach(async () => {
  database = await TestDatabase.create();
  s3 = await S3Server.start();
});
afterEach(async () => {
  await s3.stop();
  await database.drop();
});

async function found(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const findings = await examine({ ...database.environment, ...environment }, 0o077);
  return findings.filter(({ part }) => part === 'attachments');
}

describe('conclave doctor, of the store of files', () => {
  it('finds nothing wrong with a bucket that serves, and leaves nothing in it', async () => {
    expect(await found(s3.environment())).toEqual([]);
    expect(s3.asked).toEqual({ LIST: 1, PUT: 1, GET: 1, DELETE: 1 });
    expect(s3.objects.size).toBe(0);
  });

  it('tells which right is missing', async () => {
    for (const [operation, what] of [
      ['LIST', 'listed'],
      ['PUT', 'written'],
      ['GET', 'read'],
      ['DELETE', 'removed'],
    ] as const) {
      s3.denied.add(operation);
      expect(await found(s3.environment())).toEqual([
        {
          severity: 'danger',
          part: 'attachments',
          what: expect.stringMatching(new RegExp(`nothing can be ${what}: .*403 AccessDenied`)),
          advice: expect.stringContaining('policy'),
        },
      ]);
      s3.denied.clear();
    }
  });

  it.each([
    ['a wrong secret', { S3_SECRET_ACCESS_KEY: 'wrong' }, 'SignatureDoesNotMatch', 'S3_SECRET'],
    ['a wrong user', { S3_ACCESS_KEY_ID: 'wrong' }, 'InvalidAccessKeyId', 'S3_ACCESS_KEY_ID'],
    ['a wrong region', { S3_REGION: 'mars' }, 'AuthorizationHeaderMalformed', 'S3_REGION'],
    ['a wrong bucket', { ATTACHMENT_STORE: 's3://none' }, 'NoSuchBucket', 'no such bucket'],
    ['a wrong port', { S3_ENDPOINT: 'http://127.0.0.1:1' }, 'ECONNREFUSED', 'S3_ENDPOINT'],
  ])('tells %s once, and what to do', async (_, changes, what, mend) => {
    expect(await found({ ...s3.environment(), ...changes })).toMatchObject([
      {
        severity: 'danger',
        what: expect.stringContaining(what),
        advice: expect.stringContaining(mend),
      },
    ]);
  });

  it('ends with 1, and shows no key', async () => {
    s3.denied.add('PUT');
    const { code, out } = await conclave({ ...database.environment, ...s3.environment() }, [
      'doctor',
    ]);
    expect(code).toBe(1);
    expect(out).toContain('danger  attachments: In the bucket');
    for (const key of [s3.keys.secretAccessKey, s3.keys.accessKeyId]) {
      expect(out).not.toContain(key);
    }
  });

  it('finds an S3 that gives other bytes than it took', async () => {
    s3.break('GET', 'swapped');
    expect(await found(s3.environment())).toMatchObject([
      { what: expect.stringContaining('other bytes than it took') },
    ]);
    expect(s3.objects.size).toBe(0);
  });

  it('looks at a folder: whether it is there, and who may look into it', async () => {
    const folder = join(database.dataDir, 'files');
    expect(await found({ ATTACHMENT_STORE: folder })).toEqual([]); // it is made
    expect(await found({ ATTACHMENT_STORE: join(folder, 'deep') })).toMatchObject([
      { severity: 'danger', what: expect.stringContaining('is not there') },
    ]);
    mkdirSync(folder, { mode: 0o700 });
    expect(await found({ ATTACHMENT_STORE: folder })).toEqual([]);
    chmodSync(folder, 0o755);
    expect(await found({ ATTACHMENT_STORE: folder })).toMatchObject([{ severity: 'advice' }]);
    expect(await found({ ATTACHMENT_STORE: 'off' })).toEqual([]);
  });

  it.skipIf(noTmpfs)(`finds one without space${noTmpfs ? ` (${noTmpfs})` : ''}`, async () => {
    const disk = Tmpfs.mount(4);
    try {
      const folder = join(disk.path, 'files');
      mkdirSync(folder, { mode: 0o700 });
      expect(await found({ ATTACHMENT_STORE: folder })).toEqual([]);
      writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(disk.free - 100_000));
      expect(await found({ ATTACHMENT_STORE: folder })).toMatchObject([
        { severity: 'danger', what: expect.stringContaining('uploads are 503') },
      ]);
    } finally {
      disk.remove();
    }
  });
});
