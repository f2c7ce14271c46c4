import { inflateRawSync } from 'node:zlib';
import { gcmOpen } from '../../src/crypto/aes-gcm.js';
import { deriveKey } from '../../src/crypto/derive-key.js';
import { secretKey } from '../../src/crypto/secret-key.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { associatedData } from '../../src/search/segment-format.js';
import { SegmentPart } from '../../src/search/segment-part.js';
import { SegmentSizes } from '../../src/search/segment-plan.js';
import { SegmentIndexer } from '../../src/search/segment-indexer.js';
import { type SegmentRow, type StoredSegment, toSegment } from '../../src/search/segment-rows.js';
import type { TestApp, TestUser } from './test-app.js';

interface Row {
  chat_id: string;
  first_seq: number;
  last_seq: number;
  change: number;
  key_at: string;
  data: Buffer;
}

/** The segments of an application, which are of few messages, so that there are many. */
export class Segments {
  constructor(
    private readonly app: TestApp,
    sizes: Partial<SegmentSizes> = { messages: 4, merged: 4 },
  ) {
    Object.assign(app.nest.get(SegmentSizes), sizes);
  }

  /** Makes all that are to be. */
  index(): Promise<void> {
    return this.app.nest.get(SegmentIndexer).settle();
  }

  /** First and last `seq` of those of a room. */
  async ranges(chatId: string): Promise<[number, number][]> {
    const stored = await this.stored(chatId);
    return stored.map(({ place }) => [place.firstSeq, place.lastSeq]);
  }

  async stored(chatId?: string): Promise<StoredSegment[]> {
    const rows = await this.app.sql<Row>(
      `SELECT * FROM search_segment ${chatId ? `WHERE chat_id = '${chatId}'` : ''} ORDER BY chat_id, last_seq`,
    );
    return rows.map(({ chat_id, first_seq, last_seq, change, key_at, data }) => {
      const row: SegmentRow = [first_seq, last_seq, change, key_at, data];
      return toSegment(chat_id, row);
    });
  }

  /** All that opens by some two of these keys, those of rooms and of authors by their ids. */
  async readable(keys: Map<string, Buffer[]>, chatId?: string): Promise<string> {
    const texts = (await this.stored(chatId)).flatMap((segment) => opened(segment, keys));
    return texts.join('\n');
  }
}

function opened({ place, parts }: StoredSegment, keys: Map<string, Buffer[]>): string[] {
  return parts.flatMap((part) => {
    const pairs = (keys.get(place.chatId) ?? []).flatMap((chatKey) =>
      (keys.get(part.authorId) ?? []).map((authorKey) => Buffer.concat([chatKey, authorKey])),
    );
    for (const pair of pairs) {
      const key = secretKey(deriveKey(pair, 'conclave/search/v1'));
      try {
        const bytes = gcmOpen(key, part, associatedData(place, part));
        const plain = part.isDeflated ? inflateRawSync(bytes) : bytes;
        return [new SegmentPart(plain, place.firstSeq).text.toString()];
      } catch {
        continue;
      }
    }
    return [];
  });
}

/** Sends one message after the other. @returns their ids */
export async function sendAll(
  { client }: TestUser,
  chatid: string,
  texts: string[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const message of texts) {
    const { status, body } = await client.post('/message/', { chatid, message });
    if (status !== 201) throw new Error(`a send answered ${status}: ${JSON.stringify(body)}`);
    ids.push(body.id);
  }
  return ids;
}

/** The keys that somebody has who has the database and the master key. */
export async function keysOf(app: TestApp): Promise<Map<string, Buffer[]>> {
  const keys = new Map<string, Buffer[]>();
  const rows = await app.sql<Record<string, string>>(
    'SELECT owner_id, key_id, token FROM wrapped_key',
  );
  for (const { owner_id, key_id: keyId, token } of rows) {
    const key = app.nest.get(MasterKeys).unwrap(owner_id, { keyId, token });
    keys.set(owner_id, [...(keys.get(owner_id) ?? []), key]);
  }
  return keys;
}
