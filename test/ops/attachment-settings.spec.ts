import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { placeOf } from '../../src/cli/place.js';
import type { AttachmentSettings } from '../../src/config/attachment-settings.js';
import type { SettingsError } from '../../src/config/env-reader.js';
import { Settings } from '../../src/config/settings.js';

const KEYS = { S3_ACCESS_KEY_ID: 'hunter2-id', S3_SECRET_ACCESS_KEY: 'hunter2-secret' };
const BUCKET = { ATTACHMENT_STORE: 's3://bucket', ...KEYS };

const folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (env: NodeJS.ProcessEnv): AttachmentSettings | null => new Settings(env).attachments;

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    new Settings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults;
  }
}

describe('ATTACHMENT_STORE', () => {
  it('is a folder of its own while there is one process, and has to be named for several', () => {
    expect(read({})?.store).toEqual({ kind: 'folder', path: resolve('data/attachments') });
    const shared = { REDIS_URL: 'redis://h' };
    expect(read(shared)).toBeNull();
    expect(read({ ...shared, ATTACHMENT_STORE: '/srv/files' })?.store).toEqual({
      kind: 'folder',
      path: '/srv/files',
    });
    expect(read({ ...shared, ...BUCKET })?.store).toMatchObject({ kind: 's3', bucket: 'bucket' });
    expect(read({ ATTACHMENT_STORE: 'off' })).toBeNull();
    const rule =
      'ATTACHMENT_STORE must be the absolute path of a folder, a bucket such as s3://bucket/prefix, or off';
    for (const ATTACHMENT_STORE of ['files', './files', 'on', 'https://bucket']) {
      expect(faultsOf({ ATTACHMENT_STORE })).toEqual([rule]);
    }
  });

  it('is a bucket with what S3 needs', () => {
    expect(read({ ...BUCKET, S3_REGION: 'eu-central-1' })?.store).toEqual({
      kind: 's3',
      endpoint: new URL('https://s3.eu-central-1.amazonaws.com'),
      bucket: 'bucket',
      prefix: '',
      region: 'eu-central-1',
      accessKeyId: KEYS.S3_ACCESS_KEY_ID,
      secretAccessKey: KEYS.S3_SECRET_ACCESS_KEY,
    });
    const own = { ...BUCKET, ATTACHMENT_STORE: 's3://a.b-1/x/Y_2/z.3/' };
    expect(read({ ...own, S3_ENDPOINT: 'http://minio:9000/s3' })?.store).toMatchObject({
      endpoint: new URL('http://minio:9000/s3'),
      bucket: 'a.b-1',
      prefix: 'x/Y_2/z.3',
      region: 'us-east-1',
    });
  });

  it.each([
    ['ATTACHMENT_STORE', ['s3:///a', 's3:bucket', 's3://Bucket', 's3://x', 's3://bucket/a//b']],
    ['ATTACHMENT_STORE', ['s3://bucket/../x', 's3://bucket/ä', 's3://bucket/a b', 's3://u:p@h']],
    [
      'S3_ENDPOINT',
      ['minio:9000', 'ftp://minio', 'https://u:p@minio', 'https://h/?a', 'https://['],
    ],
    ['S3_REGION', ['eu west', 'a/b']],
    ['S3_ACCESS_KEY_ID', ['a b', 'ä']],
    ['S3_SECRET_ACCESS_KEY', ['a b', 'a\nb']],
  ])('says what is wrong with %s, and nothing of its value', (name, values) => {
    for (const value of values) {
      const faults = faultsOf({ ...BUCKET, [name]: value });
      expect(faults, value).toEqual([expect.stringContaining(`${name} must `)]);
      expect(faults.join()).not.toContain(value);
      expect(faults.join()).not.toContain('hunter2');
    }
  });

  it('needs both keys, which may lie in files', () => {
    expect(faultsOf({ ATTACHMENT_STORE: 's3://bucket' })).toEqual([
      'S3_ACCESS_KEY_ID must be set where ATTACHMENT_STORE is a bucket',
      'S3_SECRET_ACCESS_KEY must be set where ATTACHMENT_STORE is a bucket',
    ]);
    const [id, secret] = ['id', 'secret'].map((name) => join(folder, name));
    writeFileSync(id, `${KEYS.S3_ACCESS_KEY_ID}\n`);
    writeFileSync(secret, KEYS.S3_SECRET_ACCESS_KEY);
    const env = {
      ATTACHMENT_STORE: 's3://bucket',
      S3_ACCESS_KEY_ID_FILE: id,
      S3_SECRET_ACCESS_KEY_FILE: secret,
    };
    const keys = { accessKeyId: KEYS.S3_ACCESS_KEY_ID, secretAccessKey: KEYS.S3_SECRET_ACCESS_KEY };
    expect(read(env)?.store).toMatchObject(keys);
    expect(placeOf(env).files).toMatchObject(keys);
    expect(faultsOf({ S3_ENDPOINT: 'nonsense', S3_REGION: '/' })).toEqual([]); // of no bucket
  });
});
