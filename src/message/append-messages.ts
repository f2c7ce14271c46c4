import type { EntityManager } from 'typeorm';
import type { Chat } from '../chat/chat.entity.js';
import { memberEvent } from '../chat/chat-events.js';
import { LockedRooms } from '../chat/locked-rooms.js';
import { beforeInsert, findRows, insertsOf } from '../database/entity-rows.js';
import { runSql } from '../database/plain-sql.js';
import { together } from '../database/together.js';
import type { Lastly } from '../database/work.js';
import type { RoomEvent } from '../events/events.js';
import { AccountGoneError, UserNotFoundError } from '../user/user.errors.js';
import type { Person } from '../user/user.entity.js';
import type { UserService } from '../user/user.service.js';
import { messageEvent } from './message-events.js';
import { Message } from './message.entity.js';
import { ClientIdReusedError, UnknownReplyToError } from './message.errors.js';

/** Said twice that it is not null: else SQLite does not see that the index holds all of these. */
const FIND_KNOWN =
  'WHERE (chat_id, sender_id, client_id) IN ?(uuid, uuid, text) AND client_id IS NOT NULL';

/** A message that is not yet part of a room: it still gets `seq`, `change` and its time. */
export type Draft = Pick<Message, 'id' | 'chatId' | 'senderId' | 'clientId' | 'replyTo' | 'body'>;

export interface Appended {
  message: Message;
  sender: Person;
  /** Whether it stood there already, under the same `client_id`. */
  isRepeat: boolean;
}

export type Outcome = Appended | Error;

export interface Batch {
  /** For each draft, in their order. */
  outcomes: Outcome[];
  /** What members are to hear of it, in the order of `change` within each room. */
  events: () => RoomEvent[];
  /** The rooms that it leaves changed. */
  rooms: LeftRoom[];
}

export type Room = Pick<Chat, 'id' | 'lastSeq' | 'lastChange' | 'lastMessageAt' | 'directKey'>;

export interface LeftRoom {
  room: Room;
  /** Its `lastChange` before. */
  before: number;
  /** Who wrote to it, and is a member. */
  senders: string[];
}

/** What is true of the rooms and their people for the rest of the transaction. */
interface Facts {
  rooms: LockedRooms;
  /** Users who are not erased, by id. */
  active: Map<string, Person>;
  /** Messages that stand there already, by `repeatKey`; those of this batch join them. */
  known: Map<string, Message>;
  /** The rooms of the messages that are answered, by id. */
  answered: Map<string, string>;
}

/**
 * Appends messages to their rooms within one transaction, each in its turn. One that may not be
 * sent is answered with its error and takes no place.
 */
export async function appendMessages(
  manager: EntityManager,
  users: UserService,
  drafts: Draft[],
  lastly: Lastly,
): Promise<Batch> {
  const facts = await readFacts(manager, users, drafts);
  const fresh: Appended[] = [];
  const outcomes = drafts.map((draft): Outcome => {
    try {
      const appended = append(facts, draft);
      if (!appended.isRepeat) fresh.push(appended);
      return appended;
    } catch (error) {
      return error as Error;
    }
  });
  const messages = fresh.map(({ message }) => message);
  await beforeInsert(manager, Message, messages); // sealed by the subscriber
  lastly([...facts.rooms.changes(), ...insertsOf(manager, Message, messages)]);
  return { outcomes, events: () => eventsOf(facts, fresh), rooms: leftBy(facts, fresh) };
}

function leftBy({ rooms }: Facts, fresh: Appended[]): LeftRoom[] {
  const left = new Map<string, LeftRoom>();
  for (const { chatId, senderId } of fresh.map(({ message }) => message)) {
    const room = rooms.find(chatId)!;
    const known = left.get(chatId);
    if (known) known.senders.push(senderId);
    else left.set(chatId, { room, before: rooms.changeBefore(room), senders: [senderId] });
  }
  return [...left.values()];
}

function eventsOf({ rooms, active }: Facts, fresh: Appended[]): RoomEvent[] {
  const events = [
    ...rooms.memberChanges.map((change) => memberEvent(change, active.get(change.member.userId)!)),
    ...fresh.map(({ message, sender }) => messageEvent('message.created', message, sender)),
  ];
  return events.sort((one, other) => one.change! - other.change!);
}

async function readFacts(
  manager: EntityManager,
  users: UserService,
  drafts: Draft[],
): Promise<Facts> {
  const [rooms, senders, known, answered] = await together([
    LockedRooms.lock(manager, drafts.map(seatOf)), // first of all
    users.active(
      manager,
      drafts.map((draft) => draft.senderId),
    ),
    findKnown(manager, drafts),
    findAnswered(manager, drafts),
  ]);
  const peers = drafts.flatMap(({ chatId }) => pairOf(rooms.find(chatId)));
  const active = new Map([...senders, ...(await users.active(manager, peers))]);
  return { rooms, active, known, answered };
}

/** Gives one message its place, or finds the one that it repeats. */
function append({ rooms, active, known, answered }: Facts, draft: Draft): Appended {
  const sender = active.get(draft.senderId);
  if (!sender) throw new AccountGoneError();
  const chat = rooms.requireReader(seatOf(draft));
  const first = draft.clientId === null ? undefined : known.get(repeatKey(draft));
  if (first) return repeat(first, sender, draft);
  if (!pairOf(chat).every((id) => active.has(id))) throw new UserNotFoundError();
  if (draft.replyTo !== null && answered.get(draft.replyTo) !== draft.chatId) {
    throw new UnknownReplyToError();
  }
  const now = new Date(Math.max(Date.now(), chat.lastMessageAt?.getTime() ?? 0));
  const place = rooms.reserve(chat, draft.senderId, now);
  const message = newMessage(draft, { ...place, createdAt: now });
  if (draft.clientId !== null) known.set(repeatKey(draft), message);
  return { message, sender, isRepeat: false };
}

function seatOf({ chatId, senderId }: Draft): { chatId: string; userId: string } {
  return { chatId, userId: senderId };
}

/** The two of a direct room, nobody of another. */
export function pairOf(chat: Room | null): string[] {
  return chat?.directKey?.split(' ') ?? [];
}

/** With every column set, so that the insert reads nothing back. */
export function newMessage(
  draft: Draft,
  place: Pick<Message, 'seq' | 'change' | 'createdAt'>,
): Message {
  const rest = { ciphertext: null, reactions: null, editedAt: null, deletedAt: null };
  return Object.assign<Message, Draft, typeof place, typeof rest>(
    new Message(),
    draft,
    place,
    rest,
  );
}

/** The same text under the same `client_id` is a retry; another one is a mistake, unless edited. */
function repeat(first: Message, sender: Person, { body, replyTo }: Draft): Appended {
  const isOther =
    (first.body !== body || first.replyTo !== replyTo) &&
    first.editedAt === null &&
    first.deletedAt === null;
  if (isOther && !first.unreadable) throw new ClientIdReusedError();
  return { message: first, sender, isRepeat: true };
}

/** The messages that stand there already under one of these `client_id`s. */
async function findKnown(manager: EntityManager, drafts: Draft[]): Promise<Map<string, Message>> {
  const named = drafts.filter((draft) => draft.clientId !== null);
  if (named.length === 0) return new Map();
  const found = await findRows(manager, Message, FIND_KNOWN, [
    named.map(({ chatId, senderId, clientId }) => [chatId, senderId, clientId!]),
  ]);
  return new Map(found.map((message) => [repeatKey(message), message]));
}

/** The rooms of the messages that are answered, by id. */
async function findAnswered(manager: EntityManager, drafts: Draft[]): Promise<Map<string, string>> {
  const ids = drafts.flatMap(({ replyTo }) => replyTo ?? []);
  if (ids.length === 0) return new Map();
  const sql = 'SELECT id, chat_id FROM message WHERE id IN ?';
  const found = await runSql<[string, string]>(manager, sql, [ids]);
  return new Map(found);
}

function repeatKey({ chatId, senderId, clientId }: Draft): string {
  return `${chatId} ${senderId} ${clientId}`;
}
