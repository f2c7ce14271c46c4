import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { vi } from 'vitest';
import { AttachmentEnds } from '../../src/attachment/attachment-ends.js';
import { AttachmentViews } from '../../src/attachment/attachment-views.js';
import { FileFactsCipher } from '../../src/attachment/file-facts.js';
import { MessageAttachments } from '../../src/attachment/message-attachments.js';
import { Secrets } from '../../src/config/secrets.js';
import { newId } from '../../src/crypto/ids.js';
import type { Chat } from '../../src/chat/chat.entity.js';
import { LockedRooms } from '../../src/chat/locked-rooms.js';
import { newChat, newMember } from '../../src/chat/chat-factory.js';
import type { Member } from '../../src/chat/member.entity.js';
import { chatRow, memberRow } from '../../src/chat/room-rows.js';
import { INSERT_ROOMS } from '../../src/chat/room-statements.js';
import type { Database } from '../../src/database/database.js';
import { FileCipher } from '../../src/encryption/file-cipher.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { BusCipher } from '../../src/events/bus-cipher.js';
import { EventBus } from '../../src/events/event-bus.js';
import type { RoomEvent } from '../../src/events/events.js';
import { RedisChannels } from '../../src/events/redis-channels.js';
import { MessageCache } from '../../src/message/message-cache.js';
import { MessageParts } from '../../src/message/message-parts.js';
import { MessageSealer } from '../../src/message/message-sealer.js';
import type { Draft } from '../../src/message/send/draft.js';
import { MessageWriter } from '../../src/message/send/message-writer.js';
import { RedisClient } from '../../src/redis/redis-client.js';
import { User } from '../../src/user/user.entity.js';
import { OpenedDatabase } from './opened-database.js';

const COUNTS = { roomCount: 0, invitedCount: 0, attachmentBytes: 0, uploadCount: 0 };

interface StoredMember {
  user_id: string;
  role: string;
  read_seq: number;
  invited_by: string | null;
}

export interface StoredRoom {
  room: Record<string, unknown>;
  members: StoredMember[];
}

/** All that a message is sent by, on a new database: the real parts, put together by hand. */
export class SendPath {
  readonly database: Database;
  readonly keys: OwnerKeys;
  readonly cache: MessageCache;
  readonly sealer: MessageSealer;
  readonly writer: MessageWriter;
  /** What members were told, in order. */
  readonly told: RoomEvent[] = [];

  private constructor(private readonly opened: OpenedDatabase) {
    const { database, settings } = opened;
    const secrets = new Secrets(settings);
    const channels = new RedisChannels(new RedisClient());
    const bus = new EventBus(channels, new BusCipher(secrets));
    bus.on('room.event', (event) => this.told.push(event));
    this.database = database;
    this.keys = new OwnerKeys(database, new MasterKeys(secrets));
    this.cache = new MessageCache(settings, bus);
    const views = new AttachmentViews(new FileFactsCipher(new FileCipher(this.keys)));
    const cipher = new MessageCipher(this.keys);
    this.sealer = new MessageSealer(cipher, this.keys, this.cache, views, database);
    const parts = new MessageParts(new MessageAttachments(new AttachmentEnds(), views));
    this.writer = new MessageWriter(database, bus, this.sealer, parts);
  }

  static async open(): Promise<SendPath> {
    Logger.overrideLogger(false);
    return new SendPath(await OpenedDatabase.open());
  }

  async drop(): Promise<void> {
    vi.restoreAllMocks();
    this.keys.onModuleDestroy();
    await this.opened.drop();
  }

  async givenUser(fields: Partial<User> = {}): Promise<string> {
    const id = newId();
    const names = { email: null, emailKey: randomUUID(), passwordHash: '', fname: 'Ada' };
    const rest = { lname: null, profile: null, createdAt: new Date(), erasedAt: null };
    const user = { id, ...names, ...rest, clearedAt: null, ...COUNTS };
    await this.database.write(async (tx) => {
      await tx.manager.insert(User, { ...user, ...fields });
      await this.keys.create(tx, id, 'author');
    });
    return id;
  }

  /** A room, with its owner and whoever else is given. */
  async givenChat(
    ownerId: string,
    fields: Partial<Chat> = {},
    others: Partial<Member>[] = [],
  ): Promise<Chat> {
    const memberCount = 1 + others.length;
    const chat = { ...newChat(ownerId, 'public', 'Room'), memberCount, ...fields };
    const owner = newMember(chat, ownerId, 'owner');
    const members = [
      owner,
      ...others.map((other) => ({ ...owner, role: 'member' as const, ...other })),
    ];
    await this.database.write(async (tx) => {
      await this.keys.create(tx, chat.id, 'chat');
      const counts = members.map(({ userId, invitedBy }) => ({
        id: userId,
        room_count: 1,
        invited_count: invitedBy === null ? 0 : 1,
      }));
      const lists = [[chatRow(chat)], members.map(memberRow), counts];
      tx.commitWith({ statement: INSERT_ROOMS, lists });
    });
    return chat;
  }

  /** What a transaction does to a locked room and these users in it, and is written at its end. */
  changeRoom<T>(
    chatId: string,
    userIds: string[],
    work: (rooms: LockedRooms, room: Chat) => T,
  ): Promise<T> {
    return this.database.write(async (tx) => {
      const seats = userIds.map((userId) => ({ chatId, userId }));
      const rooms = await LockedRooms.lock(tx, seats);
      await rooms.lockNewcomers(seats);
      const value = work(rooms, rooms.find(chatId)!);
      rooms.save();
      return value;
    });
  }

  async draft(chatId: string, senderId: string, fields: Partial<Draft> = {}): Promise<Draft> {
    const seat = { id: newId(), chatId, senderId };
    const none = { clientId: null, clientKey: null, replyTo: null, attachmentIds: [] };
    const named = { ...none, body: 'hello', ...fields };
    const sealed = await this.sealer.sealNew(seat, named.body ?? '');
    return { ...seat, sealed, ...named };
  }

  /** Rows of a table, by the order of a column. */
  table<T>(name: string, order: string, where = '1 = 1'): Promise<T[]> {
    return this.database.reader.query(`SELECT * FROM ${name} WHERE ${where} ORDER BY ${order}`);
  }

  /** A room and its members as they are stored. */
  async stored(chatId: string): Promise<StoredRoom> {
    const [room] = await this.table<StoredRoom['room']>('chat', 'id', `id = '${chatId}'`);
    const where = `chat_id = '${chatId}'`;
    return { room, members: await this.table<StoredMember>('member', 'user_id', where) };
  }

  /** How many rooms a user is in, and in how many of them by others. */
  async countsOf(userId: string): Promise<number[]> {
    type Row = { room_count: number; invited_count: number };
    const [row] = await this.table<Row>('users', 'id', `id = '${userId}'`);
    return [row.room_count, row.invited_count];
  }
}
