import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** `MESSAGES=100000` for the long form. */
const MESSAGES = Number(process.env.MESSAGES ?? 20_000);
const MOST_GROWTH_BYTES = 5 * 1024 ** 2;

interface Measured {
  messages: number;
  heapBytes: number;
  shown: number;
  lastSeq: number;
}

it(`the memory of a client stays as it is over ${MESSAGES} messages in an open room`, async () => {
  const counts = [MESSAGES / 5, MESSAGES].map(String);
  const script = ['--expose-gc', 'test/support/flooded-client.mjs', ...counts];
  const { stdout } = await promisify(execFile)(process.execPath, script);
  const lines = stdout.trim().split('\n');
  const [before, after] = lines.map((line) => JSON.parse(line) as Measured);
  expect(after).toMatchObject({ shown: 1000, lastSeq: MESSAGES });
  expect(after.heapBytes - before.heapBytes).toBeLessThan(MOST_GROWTH_BYTES);
});
