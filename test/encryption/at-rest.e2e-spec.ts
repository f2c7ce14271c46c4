import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const run = promisify(execFile);
const SECRET_FILES = ['master.key', 'jwt.secret'];
/** Made to refuse what is inserted, so that the server's log tells of it. */
const TABLES = ['message', 'users'];

const hasPgDump = await run('pg_dump', ['--version']).then(
  () => true,
  () => false,
);
const isSkipped = isPostgres && !hasPgDump;
if (isSkipped) console.warn('SKIPPED: what PostgreSQL keeps at rest: there is no pg_dump');

const mark = (kind: string): string => `${kind}-${randomBytes(9).toString('base64url')}`;
const chatName = mark('room');
const texts = {
  plain: mark('text'),
  long: mark('long').padEnd(16_384, '.'),
  emoji: `🦉🔐🪶 ${mark('emoji')} 🫖`,
  odd: `${mark('nul')}\0\n\u2028"\\`,
  /** Never stored: every request with it is refused. */
  refused: mark('refused'),
  /** Its insert fails in the database. */
  failing: mark('failing'),
};
const clientIds = { kept: mark('client-kept'), deleted: mark('client-deleted') };
const passwords = { right: mark('password'), wrong: mark('wrong'), refused: mark('pw') };

/** Everything that was written, by the name of its place. */
const places: Record<string, Buffer> = {};
const tokens: string[] = [];
let userId: string;
let masterKey: string;
let jwtSecret: string;

/** The places that hold the bytes, as they are or in an encoding that something may have used. */
function placesOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret as string);
  const base64 = [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64url');
    const inner = encoded.slice(Math.ceil((shift * 4) / 3), -2); // the ends depend on what is around
    return [inner, inner.replaceAll('-', '+').replaceAll('_', '/')];
  });
  const forms = [bytes, bytes.toString('hex'), Buffer.from(bytes.toString(), 'utf16le'), ...base64];
  return Object.keys(places).filter((name) => forms.some((form) => places[name].includes(form)));
}

describe.skipIf(isSkipped)('what is left on the disk and in the log', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create();
    const server = await ServerProcess.start({ ...database.environment, LOG_LEVEL: 'trace' });
    [masterKey, jwtSecret] = SECRET_FILES.map((file) =>
      readFileSync(join(database.dataDir, file), 'utf8').trim(),
    );
    await useOrdinarily(server);
    await useWrongly(server);
    await failInTheDatabase(server);
    collectFiles('while it runs');
    if (isPostgres) {
      const dump = await run('pg_dump', [database.url!], { maxBuffer: 2 ** 26 });
      places['the dump'] = Buffer.from(dump.stdout);
    }
    expect(await server.stop()).toBe(0);
    collectFiles('at rest');
    places['the log'] = Buffer.from(server.output);
  });
  afterAll(async () => {
    await ServerProcess.killAll();
    await database.drop();
  });

  function collectFiles(when: string): void {
    const entries = readdirSync(database.dataDir, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      if (!SECRET_FILES.includes(name))
        places[`${name} ${when}`] = readFileSync(join(parentPath, name));
    }
  }

  /** Accounts, a room and messages, as the API is meant to be used. */
  async function useOrdinarily({ url }: ServerProcess): Promise<void> {
    const account = { email: 'ada@example.org', password: passwords.right };
    for (const path of ['/userauth/userSignup', '/userauth/userLogin']) {
      const { body } = await new Client(url).post(path, account);
      tokens.push(body.access_token, body.refresh_token);
      userId = body.user.id;
    }
    const ada = new Client(url, tokens[0]);
    const chat = await ada.post('/chat/', { chat_name: chatName });
    for (const message of [texts.plain, texts.long, texts.emoji, texts.odd]) {
      const sent = await ada.post('/message/', { chatid: chat.body.id, message });
      expect(sent.status, JSON.stringify(sent.body)).toBe(201);
      expect(sent.body.message).toBe(message);
    }
    const page = await ada.get(`/message/?chat_id=${chat.body.id}`);
    expect(page.body.data).toHaveLength(4);
    for (const client_id of Object.values(clientIds)) {
      const message = { chatid: chat.body.id, message: texts.plain, client_id };
      const { body } = await ada.post('/message/', message);
      expect(body.client_id).toBe(client_id);
      if (client_id === clientIds.deleted) await ada.request('DELETE', `/message/${body.id}`);
    }
  }

  /** Every kind of refusal, each with a secret somewhere in its request. */
  async function useWrongly({ url }: ServerProcess): Promise<void> {
    const [ada, anonymous] = [new Client(url, tokens[0]), new Client(url)];
    const { data } = (await ada.get('/chat/')).body;
    const message = texts.refused;
    const chatid: string = data[0].id;
    const twice = { chatid, client_id: 'once' };
    await ada.post('/message/', { ...twice, message: texts.plain });
    const answers = await Promise.all([
      ...[
        `{"chatid":"${chatid}","message":"${message}`,
        `{"chatid":"${chatid}","message":"${message}\n"}`,
        `${message}`,
        `["${message}"]`,
        `{"__proto__":{"message":"${message}"}}`,
        `{"chatid":"${chatid}","message":"\\ud800${message}"}`,
        { chatid, message: message.padEnd(16_385, 'x') },
        { chatid, message: message.padEnd(300_000, 'x') },
        { chatid, message: { text: message } },
        { chatid, message: [message] },
        { chatid: message, message },
        { chatid: userId, message },
        { chatid, message, [message]: message },
        { ...twice, message },
      ].map((body) => ada.post('/message/', body)),
      ada.request('POST', '/message/', message, { 'content-type': 'text/plain' }),
      ada.get(`/message/${message}`),
      ada.get(`/message/?chat_id=${message}&${message}=1`),
      ada.get(`/%${message}`),
      ada.get(`/${message}`),
      new Client(url, tokens[0].slice(0, -4)).post('/message/', { chatid, message }),
      new Client(url, tokens[1]).post('/message/', { chatid, message }),
      ...[
        { email: 'ada@example.org', password: passwords.refused },
        { email: 'nobody@', password: passwords.refused },
        { email: 'new@example.org', password: [passwords.refused] },
        { email: 'new@example.org', password: passwords.refused.padEnd(129, '.') },
        `{"email":"new@example.org","password":"${passwords.refused}`,
      ].map((body) => anonymous.post('/userauth/userSignup', body)),
      anonymous.post('/userauth/userLogin', { email: 'a@b.org', password: passwords.wrong }),
      anonymous.post('/userauth/userLogin', {
        email: 'ada@example.org',
        password: passwords.wrong,
      }),
    ]);
    expect(answers.filter(({ status }) => status < 400 || status >= 500)).toEqual([]);
  }

  /** A message and an account that the database refuses to take, with all their values at hand. */
  async function failInTheDatabase({ url }: ServerProcess): Promise<void> {
    if (isPostgres) {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      for (const table of TABLES) {
        await client.query(`ALTER TABLE ${table} ADD CONSTRAINT refused CHECK (false) NOT VALID`);
      }
      await client.end();
    } else {
      const file = new Sqlite(join(database.dataDir, 'conclave.sqlite'));
      for (const table of TABLES) {
        file.exec(`CREATE TRIGGER refused_${table} BEFORE INSERT ON ${table}
                   BEGIN SELECT RAISE(ABORT, 'refused'); END`);
      }
      file.close();
    }
    const ada = new Client(url, tokens[0]);
    const [{ id: chatid }] = (await ada.get('/chat/')).body.data;
    const failures = [
      await ada.post('/message/', { chatid, message: texts.failing }),
      await ada.post('/userauth/userSignup', { email: 'b@c.org', password: passwords.right }),
    ];
    expect(failures.map(({ status }) => status)).toEqual([500, 500]);
  }

  it('is found by this search where it may stand in plain', () => {
    const database = isPostgres ? ['the dump'] : ['conclave.sqlite-wal while it runs'];
    const atRest = isPostgres ? [] : ['conclave.sqlite at rest'];
    expect(placesOf(chatName).sort()).toEqual([...atRest, ...database].sort());
    expect(placesOf('pbkdf2_sha256$').sort()).toEqual([...atRest, ...database].sort());
    expect(placesOf(userId)).toContain('the log');
    expect(placesOf('request.failed')).toEqual(['the log']);
    expect(places['the log'].toString()).toContain('"level":20'); // the framework's own, too
  });

  it('is found by this search in other encodings', () => {
    const secret = mark('secret');
    const inBase64 = Buffer.from(`{"a":"${secret}"}`).toString('base64');
    places.base64 = Buffer.from(inBase64);
    places.hex = Buffer.from(Buffer.from(secret).toString('hex'));
    places.utf16 = Buffer.from(secret, 'utf16le');
    const found = placesOf(secret);
    for (const name of ['base64', 'hex', 'utf16']) delete places[name];
    expect(found).toEqual(['base64', 'hex', 'utf16']);
  });

  it.each(Object.entries(texts))('is no message: %s', (_, text) => {
    const [marker] = /\w+-[\w-]{12}/.exec(text)!;
    expect(placesOf(marker)).toEqual([]);
  });

  it('is no emoji of a message', () => {
    expect(placesOf('🦉🔐🪶')).toEqual([]);
    expect(placesOf('\\ud83e\\udd89')).toEqual([]); // an owl, as JSON may write it
  });

  it('is no client_id of a message that was deleted', () => {
    const kept = isPostgres ? ['the dump'] : ['conclave.sqlite at rest'];
    const ofDeleted = placesOf(clientIds.deleted);
    expect(placesOf(clientIds.kept)).toEqual(expect.arrayContaining(kept));
    // Until it is emptied, SQLite's log holds what was there before.
    expect(ofDeleted.filter((name) => !name.startsWith('conclave.sqlite-wal'))).toEqual([]);
  });

  it.each(Object.entries(passwords))('is no password: %s', (_, password) => {
    expect(placesOf(password)).toEqual([]);
  });

  it('is no token, nor the signature of one', () => {
    expect(tokens).toHaveLength(4);
    expect(tokens.map((token) => placesOf(token))).toEqual([[], [], [], []]);
    const signatures = tokens.map((token) => Buffer.from(token.split('.')[2], 'base64url'));
    expect(signatures.map((signature) => placesOf(signature))).toEqual([[], [], [], []]);
  });

  it('is neither of the secrets, outside the files that are there for them', () => {
    const raw = Buffer.from(masterKey, 'base64url');
    for (const secret of [masterKey, raw, raw.subarray(0, 16), raw.subarray(16), jwtSecret]) {
      expect(placesOf(secret)).toEqual([]);
    }
  });
});
