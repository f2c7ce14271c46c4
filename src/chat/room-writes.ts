import type { Row, Write } from '../database/statement.js';
import type { Chat } from './chat.entity.js';
import type { Member } from './member.entity.js';
import { chatRow, memberRow } from './room-rows.js';
import { DELETE_WORDS, INSERT_WORDS } from './name-statements.js';
import { wordRows } from './name-words.js';
import { WRITE_ROOMS } from './room-statements.js';

/** What is written with every message: rooms of which the counts have changed, and members. */
export interface CommonWrites {
  counts: Row[];
  members: Row[];
}

/**
 * What is to be written of locked rooms and their members. The rows are locked, or not there yet:
 * what is written is what was read, but for the changes.
 */
export class RoomWrites {
  /** What the rooms were like, but for their counts. */
  private readonly before: Map<Chat, Pick<Chat, 'chatName' | 'visibility' | 'deletedAt'>>;
  private readonly chats = new Set<Chat>();
  private readonly members = new Set<Member>();
  private readonly takenUp = new Set<Member>();
  private readonly removed = new Set<Member>();

  constructor(chats: Iterable<Chat>) {
    this.before = new Map(
      [...chats].map((chat) => {
        const { chatName, visibility, deletedAt } = chat;
        return [chat, { chatName, visibility, deletedAt }];
      }),
    );
  }

  chat(chat: Chat): void {
    this.chats.add(chat);
  }

  member(member: Member): void {
    if (!this.takenUp.has(member)) this.members.add(member);
  }

  /** One whom nobody has put into the room any more. */
  taken(member: Member): void {
    this.members.delete(member);
    this.takenUp.add(member);
  }

  gone(member: Member): void {
    this.members.delete(member);
    this.takenUp.delete(member);
    this.removed.add(member);
  }

  /** All of it, where that is no more than sends write as a rule. */
  get common(): CommonWrites | undefined {
    const chats = [...this.chats];
    if (this.takenUp.size > 0 || this.removed.size > 0 || chats.some(this.isOther))
      return undefined;
    return { counts: chats.map(chatRow), members: [...this.members].map(memberRow) };
  }

  /** @param users what is added to their counts */
  all(users: Row[]): Write {
    const others = new Set(this.others());
    const counts = [...this.chats].filter((chat) => !others.has(chat));
    const lists = [
      counts.map(chatRow),
      [...this.members].map(memberRow),
      [...others].map(chatRow),
      [...this.takenUp].map(memberRow),
      [...this.removed].map(memberRow),
      users,
    ];
    return { statement: WRITE_ROOMS, lists };
  }

  /** What public rooms are found by, where their names, or who sees them, are others now. */
  words(): Write[] {
    const chats = this.others();
    return [
      { statement: DELETE_WORDS, lists: [chats.map(({ id }) => ({ chat_id: id }))] },
      { statement: INSERT_WORDS, lists: [chats.flatMap(wordRows)] },
    ];
  }

  private others(): Chat[] {
    return [...this.chats].filter(this.isOther);
  }

  private readonly isOther = (chat: Chat): boolean => {
    const before = this.before.get(chat);
    return (
      before?.chatName !== chat.chatName ||
      before.visibility !== chat.visibility ||
      before.deletedAt !== chat.deletedAt
    );
  };
}
