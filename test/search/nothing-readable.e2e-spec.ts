import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Segments, sendAll } from '../support/segments.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const WORDS = 1000;
const EACH = 10;

const hasPgDump = spawnSync('pg_dump', ['--version']).status === 0;
const isSkipped = isPostgres && !hasPgDump;
if (isSkipped) console.warn('SKIPPED: what PostgreSQL keeps of searches: there is no pg_dump');

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'trace' });
});
afterAll(() => app.database.drop());

/** Every file, the write-ahead log and the server's log among them; on PostgreSQL the dump too. */
function written(): Buffer[] {
  const { dataDir, url } = app.database;
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
  if (!url) return files;
  return [...files, execFileSync('pg_dump', [url], { maxBuffer: 2 ** 27 })];
}

/** Those of the words that stand somewhere, and beginnings of any of them in the ways that bytes are written. */
function found(words: string[], start: string): string[] {
  const sought = new Set(words);
  const bytes = Buffer.from(start);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64url')
      .slice(Math.ceil((shift * 4) / 3), -2),
  );
  const forms = [
    bytes,
    Buffer.from(bytes.toString('hex')),
    Buffer.from(start, 'utf16le'),
    ...base64,
  ];
  return written().flatMap((file) => {
    const tokens = file.toString('latin1').match(/[0-9a-z]{20,}/g) ?? [];
    const begun = forms.filter((form) => file.includes(form)).map((form) => form.toString());
    return [...tokens.filter((token) => sought.has(token)), ...begun];
  });
}

it.skipIf(isSkipped)(
  'leaves no word on the disk or in the log, however it is indexed',
  async () => {
    const segments = new Segments(app);
    const { user, chatId } = await app.givenMember();
    const { user: ben } = await app.givenMember();
    const start = 'zqxjvkwy';
    const words = Array.from({ length: WORDS }, () => start + randomBytes(12).toString('hex'));
    const texts = Array.from({ length: WORDS / EACH }, (_, n) =>
      words.slice(n * EACH, (n + 1) * EACH).join(' '),
    );
    for (let n = 0; n < texts.length; n += 2) {
      await sendAll(user, chatId, [texts[n]]);
      await sendAll(ben, chatId, [texts[n + 1]]);
      if (n === 50) await segments.index();
    }
    await segments.index();
    expect(await segments.ranges(chatId)).toHaveLength(7); // 6 of 16, one of 4
    for (const word of words.slice(0, 5)) {
      const { body } = await user.client.get(`/message/search?chat_id=${chatId}&q=${word}`);
      expect(body.data).toHaveLength(1);
    }
    expect(found(words, start)).toEqual([]);
    await app.close();
    expect(found(words, start)).toEqual([]);
  },
);
