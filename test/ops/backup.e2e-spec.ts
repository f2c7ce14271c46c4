import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { Replica } from '../support/replica.js';
import { ServerProcess } from '../support/server-process.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';

const WRITERS = 8;
const BEFORE = 400;
/** The jobs in a backup belong, for half a minute, to the process that ran as it was taken. */
const WAIT_MS = 60_000;
const FILLER = ' and on'.repeat(300);

const guide = readFileSync('docs/operations.md', 'utf8');
const chapter = (title: string): string =>
  new RegExp(`^### ${title}\\n([^]*?)^##`, 'm').exec(guide)![1];
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, body]) => body,
  );

const [backUp, restore] = blocks(chapter(isPostgres ? 'PostgreSQL' : 'SQLite'), 'sh').filter(
  (commands) => !commands.startsWith('docker'),
);
const [endAgain] = blocks(chapter('After a restore'), 'sh');

const newKeys = (): NodeJS.ProcessEnv => ({
  MASTER_KEYS: `${randomBytes(32).toString('base64url')}=`,
  JWT_SECRET: randomBytes(48).toString('base64url'),
});

/** Runs commands of the guide, on this database and in this folder instead of the guide's. */
async function run(
  commands: string,
  database: TestDatabase,
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const script = commands
    .replaceAll('/var/lib/conclave', database.dataDir)
    .replaceAll('/var/backups', folder)
    .replaceAll('npm run conclave', 'npm run --silent conclave');
  const env = { ...process.env, ...database.environment, ...environment };
  return (await promisify(execFile)('bash', ['-euc', script], { env })).stdout;
}

interface Account {
  id: string;
  token: string;
}

async function signUp({ url }: ServerProcess, email: string): Promise<Account> {
  const account = { email, password: 'correct horse battery staple', fname: 'Ada' };
  const { status, body } = await new Client(url).post('/userauth/userSignup', account);
  expect(status).toBe(201);
  return { id: body.user.id, token: body.access_token };
}

interface Read {
  seq: number;
  message: string | null;
  deleted_at: string | null;
}

/** Every message of a room, by id. */
async function readAll(client: Client, chatId: string): Promise<Map<string, Read>> {
  const found = new Map<string, Read>();
  for (let after = 0, more = true; more;) {
    const { body } = await client.get(`/message/?chat_id=${chatId}&limit=200&after=${after}`);
    for (const message of body.data) found.set(message.id, message);
    after = body.data.at(-1)?.seq ?? after;
    more = body.has_more;
  }
  return found;
}

/** How many messages a client holds. */
const countOf = (replica: Replica): number =>
  (replica.state() as { messages: unknown[] }).messages.length;

/** Writers that send one message after the other until they are told to end. */
class Load {
  /** Texts by the ids that the server answered. */
  readonly acknowledged = new Map<string, string>();
  private isEnding = false;
  private readonly writers: Promise<void>[];

  constructor(
    private readonly client: Client,
    private readonly chatId: string,
  ) {
    this.writers = Array.from({ length: WRITERS }, (_, writer) => this.write(writer));
  }

  async until(count: number): Promise<void> {
    while (this.acknowledged.size < count) await Promise.race([sleep(10), ...this.writers]);
  }

  /** Rejects when any send was not answered 201. */
  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.writers);
  }

  private async write(writer: number): Promise<void> {
    for (let n = 1; !this.isEnding; n++) {
      const text = `${writer}/${n}${FILLER}`;
      const sent = { chatid: this.chatId, message: text };
      const { status, body } = await this.client.post('/message/', sent);
      if (status !== 201) throw new Error(`a send was answered ${status}`);
      this.acknowledged.set(body.id, text);
    }
  }
}

const hasTools = !isPostgres || spawnSync('pg_dump', ['--version']).status === 0;
if (!hasTools && process.env.REQUIRE_SERVICES) throw new Error('Not to be skipped: no pg_dump');

describe.runIf(hasTools)('a backup by the guide, taken under load (where pg_dump is there)', () => {
  const keys = newKeys();
  let folder: string;
  let source: TestDatabase;
  let target: TestDatabase;
  let author: Account;
  let reader: Account;
  let chatId: string;
  let secondId: string;
  let before: Map<string, string>;
  let during: number;
  /** A client that saw what came after the backup. */
  let replica: Replica;
  let ahead: number;
  let told: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-backup-'));
    source = await TestDatabase.create();
    target = await TestDatabase.create();
    const server = await ServerProcess.start({ ...source.environment, ...keys });
    author = await signUp(server, 'author@example.org');
    reader = await signUp(server, 'reader@example.org');
    const client = new Client(server.url, author.token);
    chatId = (await client.post('/chat/', { chat_name: 'Load' })).body.id;
    secondId = (await client.post('/chat/', { chat_name: 'Ended later' })).body.id;

    await new Client(server.url, reader.token).request('PUT', `/chat/${chatId}/members/me`);
    const load = new Load(client, chatId);
    await load.until(BEFORE);
    before = new Map(load.acknowledged);
    await run(backUp, source, folder);
    during = load.acknowledged.size - before.size;
    await load.end();
    await client.post('/message/', { chatid: chatId, message: `the last${FILLER}` });
    replica = new Replica(client);
    await replica.sync(500);
    ahead = countOf(replica);
    expect(await server.stop()).toBe(0);
    told = await run(restore.replace('restore ', 'restore --keep-sessions '), target, folder);
  });

  afterAll(async () => {
    await ServerProcess.killAll();
    await Promise.all([source.drop(), target.drop()]);
    rmSync(folder, { recursive: true });
  });

  const serve = (own = keys): Promise<ServerProcess> =>
    ServerProcess.start({ ...target.environment, LOG_LEVEL: 'info', ...own });

  it('is one file for its owner alone, and holds no readable message', () => {
    const [file, ...more] = readdirSync(folder);
    expect(more).toEqual([]);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, file)).includes(FILLER.slice(0, 40))).toBe(false);
  });

  it('lets the writers go on', () => {
    expect(during).toBeGreaterThan(0);
  });

  it('is told of, with what is as it was', () => {
    expect(told).toMatch(/Restored 2 accounts, 2 rooms and \d{3,} messages/);
    expect(told).toContain('Kept 2 sessions');
    for (const word of ['passwords', 'roles', 'visibility', 'edits', 'erased']) {
      expect(told).toContain(word);
    }
  });

  it('is not written over data', async () => {
    await expect(run(restore, target, folder)).rejects.toThrow('is not written over');
  });

  it('ends every session, unless it is told not to', async () => {
    const other = await TestDatabase.create();
    expect(await run(restore, other, folder)).toContain('Every session has ended');
    const server = await ServerProcess.start({ ...other.environment, ...keys });
    expect((await new Client(server.url, reader.token).get('/userauth/me')).status).toBe(401);
    await server.stop();
    await other.drop();
  });

  it('is refused by a server without its master key, which says what is missing', async () => {
    const environment = { ...target.environment, ...newKeys() };
    const server = await ServerProcess.startInVain(environment);
    expect(await server.ended).toBe(1);
    expect(server.output).toMatch(
      /cannot start\. The database holds keys wrapped under a master key that MASTER_KEYS does not list \(key id [0-9a-f]{16}\)/,
    );
  });

  it('has every message acknowledged before it began, and each opens', async () => {
    const server = await serve();
    const found = await readAll(new Client(server.url, author.token), chatId);
    await server.stop();
    const lost = [...before].filter(([id, text]) => found.get(id)?.message !== text);
    expect(lost).toEqual([]);
    expect([...found.values()].map(({ seq }) => seq)).toEqual(
      Array.from({ length: found.size }, (_, n) => n + 1),
    );
    expect([...found.values()].every(({ message }) => message?.endsWith(FILLER))).toBe(true);
  });

  it('has another history, so that a client that was ahead is reset and ends as the server is', async () => {
    const server = await serve();
    replica.client = new Client(server.url, author.token);
    expect((await replica.sync(500)).sort()).toEqual([chatId, secondId].sort());
    expect(replica.state()).toEqual(await replica.truth());
    expect(countOf(replica)).toBeLessThan(ahead);
    expect(await replica.sync(500)).toEqual([]);
    await server.stop();
  });

  it(
    'after which what was ended since ends again',
    async () => {
      const commands = endAgain
        .replaceAll('USER_ID', author.id)
        .replaceAll('CHAT_ID', secondId)
        .replaceAll('EMAIL', 'author@example.org');
      await run(commands, target, folder, keys);
      const server = await serve();
      const client = new Client(server.url, reader.token);
      expect((await new Client(server.url, author.token).get('/userauth/me')).status).toBe(401);
      expect((await client.get(`/chat/${secondId}`)).status).toBe(404);
      const { body: members } = await client.get(`/chat/${chatId}/members`);
      expect(members.data).toMatchObject([{ role: 'owner', user: { id: reader.id } }]);
      const found = await readAll(client, chatId);
      expect(found.size).toBeGreaterThanOrEqual(BEFORE);
      expect([...found.values()].filter(({ message }) => message !== null)).toEqual([]);
      await untilLogged(server, ['erasure.finished', 'chat.purged']);
      await server.stop();
      expect(server.output).not.toContain('message.unreadable');
    },
    2 * WAIT_MS,
  );

  async function untilLogged(server: ServerProcess, events: string[]): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!events.every((event) => server.output.includes(event))) {
      if (Date.now() > deadline) throw new Error(`It did not finish:\n${server.output}`);
      await sleep(50);
    }
  }
});

describe.runIf(!isPostgres)('conclave backup', () => {
  it('overwrites nothing, and leaves nothing where it fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-backup-'));
    const empty = await TestDatabase.create();
    await expect(run(backUp, empty, folder)).rejects.toThrow('is not there: set DATA_DIR');
    expect(readdirSync(folder)).toEqual([]);
    const server = await ServerProcess.start(empty.environment);
    await run(backUp, empty, folder);
    const [file] = readdirSync(folder);
    const first = readFileSync(join(folder, file));
    await expect(run(backUp, empty, folder)).rejects.toThrow('exists already');
    expect(readFileSync(join(folder, file)).equals(first)).toBe(true);
    await server.stop();
    await empty.drop();
    rmSync(folder, { recursive: true });
  });
});
