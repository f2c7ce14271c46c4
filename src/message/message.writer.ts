import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LockedRooms } from '../chat/locked-rooms.js';
import { databaseOutage } from '../common/database-outage.js';
import { Database } from '../database/database.js';
import { Message } from './message.entity.js';
import { ClientIdReusedError } from './message.errors.js';

const BATCH_SIZE = 200;

/** A message that is not yet part of a room: the writer gives it `seq`, `change` and its time. */
export type Draft = Pick<Message, 'id' | 'chatId' | 'senderId' | 'clientId' | 'body'>;

export interface Appended {
  message: Message;
  /** Whether it stood there already, under the same `client_id`. */
  isRepeat: boolean;
}

interface Send {
  draft: Draft;
  resolve: (appended: Appended) => void;
  reject: (error: unknown) => void;
}

type Outcome = Appended | Error;

/**
 * Appends messages to rooms by group commit: what arrives while a transaction is in flight shares
 * the next one. Answers only after the commit.
 */
@Injectable()
export class MessageWriter {
  private readonly queue: Send[] = [];
  private isDraining = false;

  constructor(private readonly database: Database) {}

  /**
   * Appends one message.
   *
   * @throws ChatNotFoundError when the room is not there, or the sender may not know of it
   * @throws ClientIdReusedError when its `client_id` stands for another text
   */
  append(draft: Draft): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.queue.push({ draft, resolve, reject });
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.isDraining) return;
    this.isDraining = true;
    while (this.queue.length > 0) {
      await setImmediate(); // whatever has arrived by now comes along
      await this.commit(this.queue.splice(0, BATCH_SIZE));
    }
    this.isDraining = false;
  }

  /** Should the database refuse a batch, it runs once more, then one by one. */
  private async commit(sends: Send[], attempt = 1): Promise<void> {
    try {
      const drafts = sends.map((send) => send.draft);
      const outcomes = await this.database.write((manager) => appendAll(manager, drafts));
      sends.forEach((send, index) => settle(send, outcomes[index]));
    } catch (error) {
      if (databaseOutage(error) || (attempt === 2 && sends.length === 1)) {
        for (const send of sends) send.reject(error);
      } else if (attempt === 1) {
        await this.commit(sends, 2);
      } else {
        for (const send of sends) await this.commit([send], 2);
      }
    }
  }
}

function settle({ resolve, reject }: Send, outcome: Outcome): void {
  if (outcome instanceof Error) reject(outcome);
  else resolve(outcome);
}

async function appendAll(manager: EntityManager, drafts: Draft[]): Promise<Outcome[]> {
  const seats = drafts.map(({ chatId, senderId }) => ({ chatId, userId: senderId }));
  const rooms = await LockedRooms.lock(manager, seats);
  const known = await findKnown(manager, drafts);
  const fresh: Message[] = [];
  const outcomes = drafts.map((draft, index): Outcome => {
    try {
      const chat = rooms.requirePoster(seats[index]);
      const first = draft.clientId === null ? undefined : known.get(repeatKey(draft));
      if (first) return repeat(first, draft);
      const now = new Date(Math.max(Date.now(), chat.lastMessageAt?.getTime() ?? 0));
      const place = rooms.reserve(chat, draft.senderId, now);
      const message = newMessage(draft, { ...place, createdAt: now });
      if (draft.clientId !== null) known.set(repeatKey(draft), message);
      fresh.push(message);
      return { message, isRepeat: false };
    } catch (error) {
      return error as Error;
    }
  });
  await rooms.save();
  if (fresh.length > 0) await insertAll(manager, fresh);
  return outcomes;
}

/** With every column set, so that the insert reads nothing back. */
function newMessage(draft: Draft, place: Pick<Message, 'seq' | 'change' | 'createdAt'>): Message {
  const rest = { replyTo: null, ciphertext: null, editedAt: null, deletedAt: null };
  return Object.assign<Message, Draft, typeof place, typeof rest>(
    new Message(),
    draft,
    place,
    rest,
  );
}

/** The same text under the same `client_id` is a retry; another one is a mistake, unless edited. */
function repeat(first: Message, { body }: Draft): Outcome {
  const isOther = first.body !== body && first.editedAt === null && first.deletedAt === null;
  return isOther && !first.unreadable
    ? new ClientIdReusedError()
    : { message: first, isRepeat: true };
}

/** The messages that stand there already under one of these `client_id`s. */
async function findKnown(manager: EntityManager, drafts: Draft[]): Promise<Map<string, Message>> {
  const named = drafts.filter((draft) => draft.clientId !== null);
  if (named.length === 0) return new Map();
  const found = await manager.findBy(
    Message,
    named.map(({ chatId, senderId, clientId }) => ({ chatId, senderId, clientId: clientId! })),
  );
  return new Map(found.map((message) => [repeatKey(message), message]));
}

function repeatKey({ chatId, senderId, clientId }: Draft): string {
  return `${chatId} ${senderId} ${clientId}`;
}

/** One statement, sealed by the subscriber. */
async function insertAll(manager: EntityManager, messages: Message[]): Promise<void> {
  const insert = manager.createQueryBuilder().insert().into(Message).values(messages);
  await insert.updateEntity(false).execute();
}
