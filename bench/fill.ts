import 'reflect-metadata';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { newId } from '../src/crypto/ids.js';
import { MasterKeys, type Wrapped } from '../src/encryption/master-keys.js';
import { secretKey } from '../src/crypto/secret-key.js';
import { KeyList } from '../src/encryption/key-list.js';
import { MessageCipher } from '../src/encryption/message-cipher.js';
import type { OwnerKeys } from '../src/encryption/owner-keys.js';
import { FIRST_KEY } from '../src/encryption/wrapped-key.entity.js';
import type { Store } from './store.js';
import type { Room } from './targets.js';

const AT_ONCE = 2000;
const COLUMNS = 'id chat_id seq change sender_id ciphertext created_at attachment_count'.split(' ');
const OWNERS = 'SELECT owner_id AS "ownerId", key_id AS "keyId", token FROM wrapped_key';

type Row = (string | number)[];

/** The one connection of a fill. */
interface Connection {
  owners(): Promise<(Wrapped & { ownerId: string })[]>;
  insert(rows: Row[]): Promise<void>;
  /** Sets the room's counters to those of the rows. */
  finish(chatId: string, count: number): Promise<void>;
}

/** Who wrote what, by turns. */
export interface Talk {
  senderIds: string[];
  textOf: (seq: number) => string;
}

/** Puts messages, of 200 bytes unless told otherwise, into an empty room, sealed as the server would, which is stopped. */
export async function fillRoom(
  store: Store,
  masterKeys: string[],
  room: Room,
  count: number,
  talk?: Talk,
): Promise<void> {
  const connection = store.url ? await postgres(store.url) : sqlite(store.dataDir);
  const master = MasterKeys.of(...masterKeys);
  const keys = new Map<string, KeyList>();
  for (const { ownerId, ...wrapped } of await connection.owners()) {
    const first = { since: FIRST_KEY, key: secretKey(master.unwrap(ownerId, wrapped)) };
    keys.set(ownerId, new KeyList(ownerId, [first]));
  }
  const cipher = new MessageCipher({ of: (id: string) => keys.get(id)! } as OwnerKeys);
  const chatId = String(room.id);
  const { senderIds, textOf } = talk ?? { senderIds: [String(room.ownerId)], textOf: plainText };
  const now = Date.now();
  const rowOf = async (seq: number): Promise<Row> => {
    const [id, senderId] = [newId(), senderIds[seq % senderIds.length]];
    const ciphertext = await cipher.seal({ id, chatId, senderId }, textOf(seq));
    return [id, chatId, seq, seq + 1, senderId, ciphertext, now, 0];
  };
  for (let made = 0; made < count; made += AT_ONCE) {
    const seqs = Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, i) => made + i + 1);
    await connection.insert(await Promise.all(seqs.map(rowOf)));
  }
  await connection.finish(chatId, count);
}

function plainText(seq: number): string {
  return `message ${seq} `.padEnd(200, 'x');
}

function sqlite(dataDir: string): Connection {
  const db = new Sqlite(join(dataDir, 'conclave.sqlite'));
  const marks = COLUMNS.map(() => '?').join(', ');
  const insert = db.prepare(`INSERT INTO message(${COLUMNS.join(', ')}) VALUES(${marks})`);
  const insertAll = db.transaction((rows: Row[]) => rows.forEach((row) => insert.run(row)));
  return {
    owners: () => Promise.resolve(db.prepare(OWNERS).all() as (Wrapped & { ownerId: string })[]),
    insert: (rows) => Promise.resolve(insertAll(rows)),
    finish: (chatId, count) => {
      db.prepare('UPDATE chat SET last_seq = ?, last_change = ? WHERE id = ?').run(
        ...[count, count + 1, chatId],
      );
      db.close();
      return Promise.resolve();
    },
  };
}

async function postgres(url: string): Promise<Connection> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const types = ['uuid', 'uuid', 'int', 'int', 'uuid', 'text', 'bigint', 'int'];
  const arrays = types.map((type, index) => `$${index + 1}::${type}[]`).join(', ');
  const insert = `INSERT INTO message(${COLUMNS.join(', ')}) SELECT * FROM unnest(${arrays})`;
  return {
    owners: async () => (await client.query<Wrapped & { ownerId: string }>(OWNERS)).rows,
    insert: async (rows) => {
      await client.query(
        insert,
        COLUMNS.map((_, column) => rows.map((row) => row[column])),
      );
    },
    finish: async (chatId, count) => {
      const counters = 'UPDATE chat SET last_seq = $1, last_change = $2 WHERE id = $3';
      await client.query(counters, [count, count + 1, chatId]);
      await client.query('ANALYZE'); // as autovacuum does within a minute
      await client.end();
    },
  };
}
