import type { Chat } from '../../chat/chat.entity.js';
import { memberEvents } from '../../chat/chat-events.js';
import { LockedRooms } from '../../chat/locked-rooms.js';
import type { Seat } from '../../chat/locked-rows.js';
import { pipelined } from '../../database/pipelined.js';
import type { Transaction } from '../../database/transaction.js';
import type { RoomEvent } from '../../events/events.js';
import { holdLiving } from '../../user/people.js';
import { UserNotFoundError } from '../../user/user.errors.js';
import type { Person } from '../../user/user.entity.js';
import { messageEvent } from '../message-events.js';
import { Message } from '../message.entity.js';
import { ClientIdReusedError, UnknownReplyToError } from '../message.errors.js';
import { messageRow, type MessageRow, toMessage } from '../message-rows.js';
import type { MessageParts, SentPart } from '../message-parts.js';
import type { MessageSealer, Sealed } from '../message-sealer.js';
import type { Draft } from './draft.js';
import { FIND_ANSWERED, FIND_KNOWN, INSERT_MESSAGES, WRITE_SENDS } from './send-statements.js';

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
}

type Place = Pick<Message, 'seq' | 'change'>;

/** What is true of the rooms and their people for the rest of the transaction. */
interface Facts {
  rooms: LockedRooms;
  /** Both sides of direct rooms, by id, but for those whose accounts have ended. */
  peers: Map<string, Person>;
  /** Messages that stand there already, by `repeatKey`; those of this batch join them. */
  known: Map<string, Message>;
  /** The rooms of the messages that are answered, by id. */
  answered: Map<string, string>;
  /** What stands beside these messages. */
  parts: SentPart[];
}

/**
 * Appends messages to their rooms within one transaction, each in its turn. One that may not be
 * sent is answered with its error and takes no place.
 */
export async function appendMessages(
  tx: Transaction,
  beside: { sealer: MessageSealer; parts: MessageParts },
  drafts: Draft[],
): Promise<Batch> {
  const facts = await readFacts(tx, beside, drafts);
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
  write(tx, facts, fresh);
  return { outcomes, events: () => eventsOf(facts, fresh) };
}

function write(tx: Transaction, { rooms, parts }: Facts, fresh: Appended[]): void {
  const messages = fresh.map(({ message }) => messageRow(message));
  for (const part of parts) tx.commitWith(...part.writes());
  const common = rooms.commonWrites;
  if (common) {
    const lists = [common.counts, common.members, messages];
    return tx.commitWith({ statement: WRITE_SENDS, lists });
  }
  rooms.save();
  tx.commitWith({ statement: INSERT_MESSAGES, lists: [messages] });
}

function eventsOf({ rooms }: Facts, fresh: Appended[]): RoomEvent[] {
  const events = [
    ...memberEvents(rooms),
    ...fresh.map(({ message, sender }) => messageEvent('message.created', message, sender)),
  ];
  return events.sort((one, other) => one.change! - other.change!);
}

async function readFacts(
  tx: Transaction,
  { sealer, parts }: { sealer: MessageSealer; parts: MessageParts },
  drafts: Draft[],
): Promise<Facts> {
  const [rooms, known, answered] = await pipelined([
    LockedRooms.lock(tx, drafts.map(seatOf)), // first of all
    findKnown(tx, sealer, drafts),
    findAnswered(tx, drafts),
  ]);
  const beside = await parts.sent(tx, drafts); // what it locks comes before users
  await rooms.lockNewcomers(drafts.map(seatOf));
  const pairs = drafts.flatMap(({ chatId }) => pairOf(rooms.find(chatId)));
  return { rooms, peers: await holdLiving(tx, pairs), known, answered, parts: beside };
}

/** Gives one message its place, or finds the one that it repeats. */
function append({ rooms, peers, known, answered, parts }: Facts, draft: Draft): Appended {
  const chat = rooms.requireReader(seatOf(draft));
  const sender = rooms.findLiving(draft.senderId)!;
  const first = draft.clientKey === null ? undefined : known.get(repeatKey(draft));
  if (first) return repeat(first, sender, draft);
  if (draft.sealed instanceof Error) throw draft.sealed;
  if (!pairOf(chat).every((id) => peers.has(id))) throw new UserNotFoundError();
  if (draft.replyTo !== null && answered.get(draft.replyTo) !== draft.chatId) {
    throw new UnknownReplyToError();
  }
  for (const part of parts) part.check(draft);
  const now = new Date(Math.max(Date.now(), chat.lastMessageAt?.getTime() ?? 0));
  const place = rooms.reserve(chat, draft.senderId, now);
  const message = newMessage(draft, draft.sealed, place, now);
  for (const part of parts) part.take(draft, message);
  if (draft.clientKey !== null) known.set(repeatKey(draft), message);
  return { message, sender, isRepeat: false };
}

function seatOf({ chatId, senderId }: Draft): Seat {
  return { chatId, userId: senderId };
}

/** The two of a direct room, nobody of another. */
function pairOf(chat: Chat | null): string[] {
  return chat?.directKey?.split(' ') ?? [];
}

/** As it will be read again, but for its body, which need not be opened. Written out: see `MessageSender`. */
function newMessage(draft: Draft, { ciphertext }: Sealed, place: Place, createdAt: Date): Message {
  const message = new Message();
  message.id = draft.id;
  message.chatId = draft.chatId;
  message.seq = place.seq;
  message.change = place.change;
  message.senderId = draft.senderId;
  message.clientId = draft.clientId;
  message.replyTo = draft.replyTo;
  message.ciphertext = ciphertext;
  message.reactions = null;
  message.attachmentCount = draft.attachmentIds.length;
  message.createdAt = createdAt;
  message.editedAt = null;
  message.deletedAt = null;
  message.body = draft.body;
  message.clientKey = draft.clientKey;
  return message;
}

/** The same text, with the same files, under the same `client_id` is a retry; another one is a mistake, unless edited. */
function repeat(first: Message, sender: Person, draft: Draft): Appended {
  if (first.failure) throw first.failure;
  const isOther =
    (first.body !== draft.body || first.replyTo !== draft.replyTo || !hasFilesOf(draft, first)) &&
    first.editedAt === null &&
    first.deletedAt === null;
  if (isOther && !first.unreadable) throw new ClientIdReusedError();
  return { message: first, sender, isRepeat: true };
}

function hasFilesOf(
  { attachmentIds }: Draft,
  { attachmentCount, attachments = [] }: Message,
): boolean {
  if (attachmentIds.length !== attachmentCount) return false;
  return attachments.every(({ id }) => attachmentIds.includes(id));
}

/** The messages that stand there already under one of these `client_id`s. */
async function findKnown(
  tx: Transaction,
  sealer: MessageSealer,
  drafts: Draft[],
): Promise<Map<string, Message>> {
  const named = drafts.filter(({ clientKey }) => clientKey !== null);
  const keys = named.map(({ chatId, senderId, clientKey }) => [chatId, senderId, clientKey!]);
  const rows = await tx.rows<[clientKey: string, ...MessageRow]>(FIND_KNOWN, [keys]);
  const found = rows.map(([clientKey, ...row]) => Object.assign(toMessage(row), { clientKey }));
  await sealer.openAll(found, tx);
  return new Map(found.map((message) => [repeatKey(message), message]));
}

/** The rooms of the messages that are answered, by id. */
async function findAnswered(tx: Transaction, drafts: Draft[]): Promise<Map<string, string>> {
  const ids = drafts.flatMap(({ replyTo }) => replyTo ?? []);
  return new Map(await tx.rows<[string, string]>(FIND_ANSWERED, [ids]));
}

function repeatKey({
  chatId,
  senderId,
  clientKey,
}: Pick<Message, 'chatId' | 'senderId' | 'clientKey'>): string {
  return `${chatId} ${senderId} ${clientKey}`;
}
