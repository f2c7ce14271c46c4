import type { ChatSeen } from '../chat/chat.repository.js';
import type { StoredMessage } from '../chat/last-messages.js';
import type { ReadChats } from '../chat/chat-views.js';
import { TextBudget } from '../common/text-budget.js';
import type { Page } from '../common/page.js';
import type { Message } from '../message/message.entity.js';
import type { ChangedRoom } from './sync-plan.js';

const MAX_CHATS = 500;

/** What goes into one answer, as it is stored, until it is full. */
export class SyncPage {
  readonly chats: ReadChats = { seen: [], last: [] };
  readonly messages: Message[] = [];
  readonly budget = new TextBudget();
  hasMore = false;

  /**
   * @param rooms the cursors that the client is to send next
   * @param limit of messages
   */
  constructor(
    readonly rooms: Record<string, number>,
    private readonly limit: number,
  ) {}

  /** How many messages it has place for yet. */
  get left(): number {
    return this.limit - this.messages.length;
  }

  hasPlaceFor({ after }: ChangedRoom): boolean {
    if (this.budget.isSpent || this.chats.seen.length === MAX_CHATS) return false;
    return after === undefined || this.left > 0;
  }

  /** It comes with the next one: again from where the client has it, or as a room that is new. */
  postpone({ chatId, after }: ChangedRoom): void {
    this.hasMore = true;
    if (after !== undefined) this.rooms[chatId] = after;
  }

  takeChat({ chatId, upTo }: ChangedRoom, seen: ChatSeen, last: StoredMessage | undefined): void {
    this.chats.seen.push(seen);
    if (last) this.chats.last.push(...this.budget.take([last]));
    this.rooms[chatId] = upTo;
  }

  takeMessages({ chatId }: ChangedRoom, { data, has_more }: Page<Message>): void {
    this.messages.push(...data);
    if (!has_more) return;
    this.rooms[chatId] = data[data.length - 1].change;
    this.hasMore = true;
  }
}
