import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { randomFrom, seed } from '../support/random.js';
import { S3Server } from '../support/s3-server.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note } from './support/figures.js';
import { freePort } from './support/free-port.js';
import { Uploaders } from './support/uploaders.js';

const KILLS = Number(process.env.KILLS ?? (isShort ? 5 : 200));
const UPLOADERS = 6;
/** Steps that a server takes before it is killed, at most; a file takes ten to forty. */
const MOST_STEPS = 150;
const STORES = ['a folder', 'a bucket'];
const HOURS_MS = 2 * 3_600_000;
const KILL_AT = pathToFileURL(resolve('test/faults/support/kill-at-step.mjs')).href;

let database: TestDatabase;
let s3: S3Server;
beforeEach(async () => {
  database = await TestDatabase.create();
  s3 = await S3Server.start();
});
afterEach(async () => {
  await ServerProcess.killAll();
  await database.drop();
  await s3.stop();
});

/** `<id>/<name>` of all that the store has. */
function storedOn(store: string): string[] {
  const folder = join(database.dataDir, 'attachments');
  if (store === 'a bucket')
    return [...s3.objects.keys()].map((key) => key.split('/').slice(-2).join('/')).sort();
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath.split('/').at(-1)}/${name}`)
    .sort();
}

async function countedIn(app: TestApp): Promise<string[]> {
  const rows = await app.sql<{ attachment_id: string; number: number; object: string }>(
    'SELECT attachment_id, number, object FROM attachment_part',
  );
  return rows
    .map(({ attachment_id: id, number, object }) => `${id}/${number || 't'}-${object}`)
    .sort();
}

/** As if the time had passed after which what was never sent goes. */
async function removeDue(app: TestApp): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await app.sql('UPDATE attachment SET remove_at = 1 WHERE remove_at IS NOT NULL');
    await app.nest.get(AttachmentRemoval).settle();
  }
}

it.each(isShort ? STORES.slice(isPostgres ? 1 : 0).slice(0, 1) : STORES)(
  `kill -9 at any step of uploads and sends, ${isPostgres ? 'PostgreSQL' : 'SQLite'}, %s, seed ${seed}`,
  { timeout: HOURS_MS },
  async (store) => {
    const environment = {
      ...database.environment,
      PORT: String(await freePort()),
      ACCESS_TOKEN_TTL: '24h',
      ...(store === 'a bucket' && s3.environment()),
    };
    const random = randomFrom(seed);
    const first = await ServerProcess.start(environment);
    const uploaders = await Uploaders.prepare(first.url, random);
    await first.stop();
    uploaders.begin(UPLOADERS);
    const killed = { NODE_OPTIONS: `--import=${KILL_AT}` };
    for (let kill = 0; kill < KILLS; kill++) {
      const KILL_AT = String(1 + Math.floor(random() * MOST_STEPS));
      const server = ServerProcess.spawn({ ...environment, ...killed, KILL_AT });
      expect(await server.ended).toBe('SIGKILL');
    }
    const last = await ServerProcess.start(environment);
    await uploaders.stop();
    const verdict = await uploaders.verify();
    await last.stop();

    const { ledger, abandoned, unexpected, lostParts } = uploaders;
    expect(unexpected).toEqual([]);
    expect(lostParts).toEqual([]);
    expect(verdict).toMatchObject({ wrong: [], missing: [], files: ledger.length });
    expect(ledger.length).toBeGreaterThan(KILLS / 4);

    const app = await TestApp.start(environment, database);
    await removeDue(app);
    const [stored, counted] = [storedOn(store), await countedIn(app)];
    expect(counted.filter((name) => !stored.includes(name))).toEqual([]);
    // What else there is goes with its file.
    const ids = new Set(counted.map((name) => name.split('/')[0]));
    const left = stored.filter((name) => !counted.includes(name));
    expect(left.filter((name) => !ids.has(name.split('/')[0]))).toEqual([]);
    await uploaders.deleteRoom();
    await app.nest.get(RoomPurge).settle();
    await removeDue(app);
    expect([storedOn(store), await countedIn(app)]).toEqual([[], []]);
    await app.close();
    const sent = `${ledger.length} files sent and whole, ${abandoned} left unfinished, ${left.length} objects left of ${counted.length}`;
    note(`kill -9 × ${KILLS}, ${isPostgres ? 'PostgreSQL' : 'SQLite'}, ${store}: ${sent}`);
  },
);
