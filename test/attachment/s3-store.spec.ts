import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreAwayError } from '../../src/attachment/attachment.errors.js';
import { MissingObjectError } from '../../src/attachment/blob-store.js';
import { S3Store } from '../../src/attachment/s3/s3-store.js';
import { Settings } from '../../src/config/settings.js';
import type { S3Place } from '../../src/config/attachment-settings.js';
import { type Fault, S3Server } from '../support/s3-server.js';
import { until } from '../support/until.js';

const STALL_MS = 300;
const MIB = 2 ** 20;

let s3: S3Server;
let store: S3Store;
let id: string;
beforeEach(async () => {
  s3 = await S3Server.start();
  store = open();
  id = randomUUID();
});
afterEach(() => s3.stop());

function open(changes: NodeJS.ProcessEnv = {}, stallMs = STALL_MS): S3Store {
  const { attachments } = new Settings({ ...s3.environment(), ...changes });
  return new S3Store(attachments!.store as S3Place, stallMs);
}

async function* inPieces(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await sleep(0);
    yield bytes.subarray(at, at + size);
  }
}

const put = (name: string, bytes: Buffer): Promise<void> =>
  store.put(id, name, bytes.length, inPieces(bytes));

async function read(name: string, start: number, end: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of store.read(id, name, { start, end })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What the store says, and what is logged of it. */
async function fault(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreAwayError);
  const { message, cause } = error as StoreAwayError;
  expect(message).toBe(
    'The store of attachments does not answer at the moment. Try again shortly.',
  );
  const told = String(cause);
  const { accessKeyId, secretAccessKey } = s3.keys;
  for (const secret of [accessKeyId, secretAccessKey, s3.bucket, id]) {
    expect(told).not.toContain(secret);
  }
  return told;
}

describe('a bucket', () => {
  it('keeps objects under their names, gives ranges of them, lists and removes them', async () => {
    const bytes = randomBytes(5 * MIB);
    await put('1-0000000a', bytes);
    await put('2-0000000b', Buffer.from('abc'));
    expect([...s3.objects.keys()].sort()).toEqual([
      `chat/files/${id}/1-0000000a`,
      `chat/files/${id}/2-0000000b`,
    ]);
    expect((await read('1-0000000a', 0, bytes.length)).equals(bytes)).toBe(true);
    expect((await read('1-0000000a', 100, 70_000)).equals(bytes.subarray(100, 70_000))).toBe(true);
    // As of a file: less where it ends before.
    expect((await read('2-0000000b', 1, 100)).toString()).toBe('bc');
    expect((await read('2-0000000b', 3, 100)).length).toBe(0);
    expect(await store.list(id)).toEqual(['1-0000000a', '2-0000000b']);
    await store.remove(id, ['1-0000000a', '9-ffffffff']);
    expect(s3.namesOf(id)).toEqual(['2-0000000b']);
    await expect(read('1-0000000a', 0, 1)).rejects.toThrow(MissingObjectError);
    await store.removeAll(id);
    expect(s3.objects.size).toBe(0);
  });

  it('lists any number of them, page by page, and removes no other file’s', async () => {
    s3.pageSize = 3;
    const [names, other] = [
      Array.from({ length: 20 }, (_, n) => `${n + 1}-abcdef01`),
      randomUUID(),
    ];
    for (const name of names) s3.objects.set(`chat/files/${id}/${name}`, Buffer.from(name));
    s3.objects.set(`chat/files/${other}/1-00000000`, Buffer.from('x'));
    s3.objects.set(`elsewhere/${id}/1-00000000`, Buffer.from('x'));
    expect((await store.list(id)).sort()).toEqual([...names].sort());
    const all: string[] = [];
    for await (const { fileId, name, bytes } of store.objects())
      all.push(`${fileId} ${name} ${bytes}`);
    expect(all).toHaveLength(21);
    expect(all).toContain(`${other} 1-00000000 1`);
    await store.removeAll(id);
    expect([...s3.objects.keys()]).toEqual([
      `chat/files/${other}/1-00000000`,
      `elsewhere/${id}/1-00000000`,
    ]);
  });

  it('may have a name alone, and lie at the end of a path', async () => {
    store = open({ ATTACHMENT_STORE: `s3://${s3.bucket}` });
    await put('1-0000000a', Buffer.from('abc'));
    expect([...s3.objects.keys()]).toEqual([`${id}/1-0000000a`]);
    expect(await store.list(id)).toEqual(['1-0000000a']);
    store = open({ S3_ENDPOINT: `${s3.environment().S3_ENDPOINT}/storage/v1/` });
    expect(await fault(store.requireReady())).toMatch(/404 NoSuchBucket/); // the path comes first
  });

  it('is asked by signed requests alone', async () => {
    await expect(store.requireReady()).resolves.toBeUndefined();
    const refusals: [NodeJS.ProcessEnv, RegExp][] = [
      [{ S3_SECRET_ACCESS_KEY: 'wrong' }, /403 SignatureDoesNotMatch/],
      [{ S3_ACCESS_KEY_ID: 'wrong' }, /403 InvalidAccessKeyId/],
      [{ S3_REGION: 'eu-test-2' }, /403 AuthorizationHeaderMalformed/],
      [{ ATTACHMENT_STORE: 's3://another' }, /404 NoSuchBucket/],
    ];
    for (const [changes, said] of refusals) {
      store = open(changes);
      expect(await fault(store.requireReady())).toMatch(said);
      expect(await fault(put('1-0000000a', Buffer.from('abc')))).toMatch(said);
      expect(await fault(read('1-0000000a', 0, 1))).toMatch(said); // and is not taken for missing
    }
    expect(s3.objects.size).toBe(0);
  });

  it('takes an upload no faster than S3 does, and holds little of it', async () => {
    s3.break('PUT', 'stall-half');
    let given = 0;
    const piece = Buffer.alloc(65_536);
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (; given < 256 * MIB; given += piece.length) yield await Promise.resolve(piece);
    };
    expect(await fault(store.put(id, '1-0000000a', 256 * MIB, endless()))).toMatch(/stood still/);
    expect(given).toBeLessThan(32 * MIB); // what the system takes for a connection
    expect(s3.objects.size).toBe(0);
  });

  it('is read no faster than the reader reads, and no further', async () => {
    s3.objects.set(`chat/files/${id}/1-0000000a`, randomBytes(64 * MIB));
    const reading = store.read(id, '1-0000000a', { start: 0, end: 64 * MIB });
    await reading.next();
    let before = -1;
    await until(async () => {
      const isStill = s3.sent === before;
      before = s3.sent;
      await sleep(100);
      return isStill;
    });
    expect(s3.sent).toBeLessThan(32 * MIB);
    await sleep(2 * STALL_MS); // the reader may take its time
    expect((await reading.next()).done).toBe(false);
    await reading.return(undefined);
    const { sent } = s3;
    await sleep(100);
    expect(s3.sent - sent).toBeLessThanOrEqual(65_536);
  });
});

describe('an S3 that goes wrong', () => {
  it.each<[Fault, RegExp]>([
    ['stall', /stood still/],
    ['stall-half', /stood still/],
    ['cut', /connection .* failed/],
    ['cut-half', /connection .* failed/],
    ['cut-after', /connection .* failed/],
    ['busy', /503 SlowDown/],
    ['early', /before it has all of it/],
    ['page', /404$/],
  ])('has not taken an upload: %s', async (what, said) => {
    s3.break('PUT', what);
    const bytes = randomBytes(3 * MIB);
    expect(await fault(put('1-0000000a', bytes))).toMatch(said);
    expect(s3.objects.size).toBe(what === 'cut-after' ? 1 : 0);
    s3.mend();
    await put('1-0000000a', bytes);
    expect((await read('1-0000000a', 0, bytes.length)).equals(bytes)).toBe(true);
  });

  it.each<[Fault, RegExp]>([
    ['stall', /stood still/],
    ['stall-half', /stood still/],
    ['cut', /connection .* failed/],
    ['busy', /503 SlowDown/],
    ['page', /404$/],
    ['early', /another range/],
    ['less', /another range/],
    ['shifted', /another range/],
  ])('gives nothing else than what was asked for: %s', async (what, said) => {
    const bytes = randomBytes(MIB);
    await put('1-0000000a', bytes);
    s3.break('GET', what);
    const given: Buffer[] = [];
    const reading = async (): Promise<void> => {
      for await (const piece of store.read(id, '1-0000000a', { start: 10, end: bytes.length - 10 }))
        given.push(piece);
    };
    expect(await fault(reading())).toMatch(said);
    const got = Buffer.concat(given);
    expect(got.equals(bytes.subarray(10, 10 + got.length))).toBe(true);
    s3.mend();
    expect((await read('1-0000000a', 10, 100)).equals(bytes.subarray(10, 100))).toBe(true);
  });

  it.each<Fault>(['cut-half', 'short'])('is asked again for the rest: %s', async (what) => {
    const bytes = randomBytes(MIB);
    await put('1-0000000a', bytes);
    s3.break('GET', what, what === 'short' ? 1 : 3);
    expect((await read('1-0000000a', 5, bytes.length)).equals(bytes.subarray(5))).toBe(true);
    s3.break('GET', 'cut');
    expect(await fault(read('1-0000000a', 0, 1))).toMatch(/connection .* failed/);
  });

  it('is asked twice more where it has too much to do, or closed the connection meanwhile', async () => {
    s3.break('PUT', 'busy', 2);
    await put('1-0000000a', Buffer.from('abc'));
    s3.break('GET', 'cut', 2);
    expect((await read('1-0000000a', 0, 3)).toString()).toBe('abc');
    s3.break('LIST', 'busy', 2);
    expect(await store.list(id)).toEqual(['1-0000000a']);
    s3.break('DELETE', 'cut-after', 2);
    await store.removeAll(id);
    expect(s3.objects.size).toBe(0);
    await s3.leave();
    expect(await fault(store.requireReady())).toMatch(/ECONNREFUSED/);
    await s3.comeBack();
    await put('1-0000000a', Buffer.from('abc')); // not by a connection of before
    expect((await read('1-0000000a', 0, 3)).toString()).toBe('abc');
  });

  it('is none where it answers with something else', async () => {
    s3.break('LIST', 'page');
    expect(await fault(store.requireReady())).toMatch(/404$/);
    s3.mend();
    s3.break('LIST', 'early');
    expect(await fault(store.requireReady())).toMatch(/what is no list/);
  });

  it('does not keep what the sender of an upload broke off', async () => {
    const gone = new Error('gone');
    const bytes = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(MIB));
      throw gone;
    };
    await expect(store.put(id, '1-0000000a', 2 * MIB, bytes())).rejects.toBe(gone);
    await sleep(50);
    expect(s3.objects.size).toBe(0);
  });
});
