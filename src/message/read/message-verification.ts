import { Injectable } from '@nestjs/common';
import { inSlices, partsOf } from '../../common/slices.js';
import { Database } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import { BodyUnreadableError, KeyUnavailableError } from '../../encryption/encryption.errors.js';
import {
  type Findings,
  KeyVerification,
  type Verifiable,
} from '../../encryption/key-verification.js';
import { MessageCipher } from '../../encryption/message-cipher.js';
import { OwnerKeys } from '../../encryption/owner-keys.js';
import { FIRST_KEY } from '../../encryption/wrapped-key.entity.js';

/** Of the longest messages these are 9 MB, which SQLite reads in one go. */
const SQLITE_STEP = 100;
/** Of short messages. */
const POSTGRES_STEP = 500;
/** A step ends with the message that takes it past this much ciphertext. */
const POSTGRES_STEP_BYTES = 1_000_000;
/** To wait for each costs 2 µs. */
const AT_ONCE = 10;

/** Index message(chat_id, seq). Parameters: the last place before them. */
const SEALED_AFTER = statement({
  name: 'sealed_messages_after',
  postgres: `SELECT id, chat_id, seq, sender_id, ciphertext FROM (
    SELECT *, sum(octet_length(ciphertext)) OVER
      (ORDER BY chat_id, seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM message WHERE (chat_id, seq) > ($1::uuid, $2) ORDER BY chat_id, seq LIMIT ${POSTGRES_STEP}
    ) AS step WHERE coalesce(bytes_before, 0) < ${POSTGRES_STEP_BYTES} ORDER BY chat_id, seq`,
  sqlite: `SELECT id, chat_id, seq, sender_id, ciphertext FROM message
    WHERE (chat_id, seq) > (?, ?) ORDER BY chat_id, seq LIMIT ${SQLITE_STEP}`,
});

/** Such as have to open: not of a deleted room or an erased author. By the primary keys. Parameter: ids. */
const STILL_SEALED = statement({
  name: 'still_sealed_messages',
  postgres: `SELECT message.id, chat_id, seq, sender_id, ciphertext FROM message
    JOIN chat ON chat.id = chat_id AND chat.deleted_at IS NULL
    JOIN users ON users.id = sender_id AND users.erased_at IS NULL WHERE message.id = ANY($1::uuid[])`,
  sqlite: `SELECT message.id, chat_id, seq, sender_id, ciphertext FROM message
    JOIN chat ON chat.id = chat_id AND chat.deleted_at IS NULL
    JOIN users ON users.id = sender_id AND users.erased_at IS NULL
    WHERE message.id IN (SELECT value FROM json_each(?))`,
});

type SealedRow = [
  id: string,
  chatId: string,
  seq: number,
  senderId: string,
  ciphertext: string | null,
];

/** Opens every message that is stored, room by room, for `KeyVerification`; no cache is filled by it. */
@Injectable()
export class MessageVerification implements Verifiable {
  readonly part = 'messages';

  constructor(
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly cipher: MessageCipher,
    verification: KeyVerification,
  ) {
    verification.register(this);
  }

  async verify(found: Findings): Promise<void> {
    let place: [chatId: string, seq: number] = [FIRST_KEY, 0];
    for (;;) {
      const rows = await this.database.rows<SealedRow>(SEALED_AFTER, place);
      const last = rows.at(-1);
      if (!last) return;
      const sealed = rows.filter((row) => row[4] !== null);
      const shut = await this.shutAmong(sealed);
      found.opened += sealed.length - shut.length;
      if (shut.length > 0) await this.lookAgain(shut, found);
      place = [last[1], last[2]];
    }
  }

  /** A key may have been destroyed meanwhile, or a message deleted. */
  private async lookAgain(shut: SealedRow[], found: Findings): Promise<void> {
    this.keys.forget(ownersOf(shut));
    const ids = shut.map(([id]) => id);
    const rows = await this.database.rows<SealedRow>(STILL_SEALED, [ids]);
    const sealed = rows.filter((row) => row[4] !== null);
    const still = await this.shutAmong(sealed);
    found.opened += sealed.length - still.length;
    for (const [id] of still) found.fail(id);
  }

  private async shutAmong(rows: SealedRow[]): Promise<SealedRow[]> {
    await this.keys.preload(ownersOf(rows));
    const shut = await inSlices(partsOf(rows, AT_ONCE), (part) => this.shutOf(part));
    return shut.flat();
  }

  private async shutOf(rows: SealedRow[]): Promise<SealedRow[]> {
    const shut: SealedRow[] = [];
    for (const row of rows) {
      const opens = this.opens(row);
      if (!(opens instanceof Promise ? await opens : opens)) shut.push(row);
    }
    return shut;
  }

  private opens([id, chatId, , senderId, ciphertext]: SealedRow): boolean | Promise<boolean> {
    try {
      const body = this.cipher.open({ id, chatId, senderId }, ciphertext!);
      return typeof body === 'string' ? true : body.then(() => true, isShut);
    } catch (error) {
      return isShut(error);
    }
  }
}

function ownersOf(rows: SealedRow[]): string[] {
  const owners = new Set<string>();
  for (const [, chatId, , senderId] of rows) owners.add(chatId).add(senderId);
  return [...owners];
}

function isShut(error: unknown): false {
  if (error instanceof BodyUnreadableError || error instanceof KeyUnavailableError) return false;
  throw error;
}
