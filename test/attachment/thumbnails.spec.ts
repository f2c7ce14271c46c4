import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Thumbnails } from '../../src/attachment/thumbnails.js';
import type { Settings } from '../../src/config/settings.js';
import { PIXEL } from '../support/attachments.js';
import { Client } from '../support/client.js';
import { blackPng } from '../support/pictures.js';
import { PASSWORD } from '../support/test-app.js';
import { ServerProcess } from '../support/server-process.js';

const thumbnails = (): Thumbnails =>
  new Thumbnails({ attachments: { thumbnails: true } } as Settings);

const bytesOf = (bytes: Buffer): AsyncIterable<Buffer> => Readable.from([bytes]);

describe('Thumbnails', () => {
  it('looks at one picture at a time, senders in turn', async () => {
    const own = thumbnails();
    const begun: string[] = [];
    let [reading, most] = [0, 0];
    const look = (userId: string, name: string): Promise<unknown> =>
      own.look(userId, PIXEL.length, async function* () {
        begun.push(name);
        most = Math.max(most, ++reading);
        yield PIXEL;
        await setImmediate();
        reading--;
      });
    const looks = ['a1', 'a2', 'a3', 'b1'].map((name) => look(name[0], name));
    const seen = await Promise.all(looks);
    expect(seen).toEqual(looks.map(() => ({ width: 1, height: 1, thumbnail: expect.any(Buffer) })));
    expect([begun, most]).toEqual([['a1', 'a2', 'b1', 'a3'], 1]);
    expect(own.counts).toEqual({ made: 4, none: 0 });
  });

  it('makes none while no descriptor is left, and goes on once there are some', () => {
    const limited = 'ulimit -n 1024; exec "$0" "$@"';
    const program = resolve('test/support/few-descriptors.mjs');
    const words = ['-c', limited, process.execPath, program, PIXEL.toString('base64')];
    expect(JSON.parse(execFileSync('/bin/sh', words).toString())).toEqual([false, true]);
  });

  it('tells what keeps it from reading, and goes on with the next one', async () => {
    const own = thumbnails();
    const fault = new Error('the store is away');
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield PIXEL.subarray(0, 20);
      await setImmediate();
      throw fault;
    };
    await expect(own.look('a', PIXEL.length, failing)).rejects.toBe(fault);
    expect(await own.look('a', PIXEL.length, () => bytesOf(PIXEL))).toMatchObject({ width: 1 });
  });

  it('gives up what takes too long', async () => {
    const own = thumbnails();
    let goOn: () => void = () => undefined;
    const stalled = new Promise<void>((done) => (goOn = done));
    const slow = async function* (): AsyncGenerator<Buffer> {
      yield PIXEL.subarray(0, 20);
      await stalled;
    };
    expect(await own.look('a', PIXEL.length, slow)).toBeUndefined();
    goOn();
    expect(own.counts).toEqual({ made: 0, none: 1 });
  });

  it('leaves alone what would have to be in memory for it', async () => {
    const own = thumbnails();
    const never = (): never => expect.fail('it reads');
    expect(await own.look('a', 32 * 2 ** 20 + 1, never)).toBeUndefined();
  });

  it('takes no memory of the server for a picture of 256 megapixels', async () => {
    const own = thumbnails();
    const bytes = blackPng(16_000, 16_000);
    const before = process.memoryUsage.rss();
    const seen = await own.look('a', bytes.length, () => bytesOf(bytes));
    expect(seen).toEqual({ width: 16_000, height: 16_000, thumbnail: undefined });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
  });
});

describe('a server without sharp', () => {
  let folder: string;
  let server: ServerProcess;

  /** The built server, with all packages but that one. */
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-without-'));
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    const packages = join(folder, 'node_modules');
    mkdirSync(packages);
    for (const name of readdirSync('node_modules')) {
      if (/^(sharp|@img|\..*)$/.test(name)) continue;
      symlinkSync(resolve('node_modules', name), join(packages, name));
    }
    const environment = { DATA_DIR: join(folder, 'data'), PORT: '0' };
    server = await ServerProcess.start(environment, folder, join(folder, 'dist/main.js'));
  });
  afterAll(async () => {
    await ServerProcess.killAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes pictures all the same, and says once that they get no thumbnail', async () => {
    const account = { email: 'ada@example.org', password: PASSWORD };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const chatId = (await client.post('/chat/', { chat_name: 'Room' })).body.id;
    const upload = async (): Promise<string> => {
      const file = { chat_id: chatId, file_name: 'a.png', size: PIXEL.length };
      const { id } = (await client.post('/attachment/', file)).body;
      const { status } = await fetch(`${server.url}/attachment/${id}/parts/1`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${body.access_token}` },
        body: new Uint8Array(PIXEL),
      });
      expect(status).toBe(204);
      return id;
    };
    const ids = [await upload(), await upload()];
    const sent = await client.post('/message/', { chatid: chatId, message: '', attachments: ids });
    const facts = { content_type: 'image/png', width: null, height: null, has_thumbnail: false };
    expect(sent.body.attachments).toMatchObject([facts, facts]);
    expect(server.output.match(/thumbnails\.unavailable/g)).toHaveLength(1);
  });
});
