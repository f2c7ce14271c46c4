import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { incomingBytes } from '../../src/attachment/incoming-part.js';

const PACE = { totalMs: 1500, behindMs: 500 };
const LATE = { kind: 'timeout' };

/** How many bytes came, of a body of a hundred. */
async function taken(body: PassThrough): Promise<number> {
  let bytes = 0;
  for await (const piece of incomingBytes(body as unknown as IncomingMessage, 100, PACE))
    bytes += piece.length;
  return bytes;
}

it('takes what comes evenly, however slowly, until the time for all of it', async () => {
  const body = new PassThrough();
  const all = taken(body);
  for (let sent = 0; sent < 100; sent += 10) {
    body.write(Buffer.alloc(10));
    await sleep(100);
  }
  body.end();
  expect(await all).toBe(100);
});

it('gives up what stands still, at its beginning or after a part of it', async () => {
  const begun = Date.now();
  await expect(taken(new PassThrough())).rejects.toMatchObject(LATE);
  expect(Date.now() - begun).toBeLessThan(PACE.totalMs - 300);
  const half = new PassThrough();
  half.write(Buffer.alloc(50));
  await expect(taken(half)).rejects.toMatchObject(LATE);
});

it('takes a client that has gone for a late one, which is no fault of the server', async () => {
  const body = new PassThrough();
  const all = taken(body);
  body.write(Buffer.alloc(50));
  setTimeout(() => body.destroy(new Error('aborted')), 10);
  await expect(all).rejects.toMatchObject(LATE);
});

it('takes the rest where nobody wants it any more, and drops it', async () => {
  const body = new PassThrough();
  body.write(Buffer.alloc(10));
  for await (const piece of incomingBytes(body as unknown as IncomingMessage, 100, PACE)) {
    expect(piece.length).toBe(10);
    break;
  }
  for (let sent = 10; sent < 100; sent += 10) body.write(Buffer.alloc(10));
  body.end();
  await once(body, 'end');
});

it('holds no piece that was taken, however many come', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const body = new PassThrough();
  const pieces = incomingBytes(body as unknown as IncomingMessage, 100, PACE);
  const taken: WeakRef<Buffer>[] = [];
  for (let n = 0; n < 50; n++) {
    body.write(Buffer.alloc(1));
    taken.push(new WeakRef((await pieces.next()).value as Buffer));
  }
  await nextTurn(); // until then they are held, as each WeakRef is new
  collect();
  expect(taken.filter((piece) => piece.deref()).length).toBeLessThan(5);
  await pieces.return(undefined);
});
