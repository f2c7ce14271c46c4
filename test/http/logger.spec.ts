import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppLogger, createLog } from '../../src/http/logger.js';

let folder: string;
let file: string;
let logger: AppLogger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-log-'));
  file = join(folder, 'log');
  const log = createLog('info', openSync(file, 'w'));
  logger = new AppLogger(log);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The first line, once it is written. */
async function line(): Promise<string> {
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('\n');
  return readFileSync(file, 'utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

it('quotes nothing of what a parser chokes on, neither in the error nor beside it', async () => {
  logger.error({ event: 'test', err: parse('{"password":hunter2}') });
  const text = await line();
  expect(text).not.toContain('hunter2');
  expect(JSON.parse(text)).toMatchObject({ event: 'test', err: { message: 'malformed JSON' } });
});

it('tells the cause of an error likewise', async () => {
  const cause = new Error('the bucket is away\nDETAIL: (email)=(ada@example.org)');
  logger.warn({ event: 'test', err: new Error('no files', { cause }) });
  const text = await line();
  expect(JSON.parse(text)).toMatchObject({
    err: { message: 'no files', cause: 'the bucket is away' },
  });
  expect(text).not.toContain('ada@example.org');
});

it('keeps the first line of any other error, once', async () => {
  logger.warn({ event: 'test', err: new Error('one line\nDETAIL: (email)=(ada@example.org)') });
  const text = await line();
  expect(text).not.toContain('ada@example.org');
  expect(text.split('one line')).toHaveLength(2);
});
