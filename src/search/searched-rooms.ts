import { Injectable } from '@nestjs/common';
import { ChatRepository } from '../chat/chat.repository.js';
import { ChatService } from '../chat/chat.service.js';
import { Database } from '../database/database.js';
import type { Range } from './range-search.js';
import type { Turns } from './search-lane.js';
import type { Place } from './search-place.js';
import { JOINED_DOWN_FROM } from './search-statements.js';

/** Memberships that are read at once. */
const STEP = 100;
/** Greater than every id. */
const BEYOND_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

type JoinedRow = [chatId: string, lastSeq: number | null];

/** Which rooms are searched, and how much of each. */
@Injectable()
export class SearchedRooms {
  constructor(
    private readonly database: Database,
    private readonly rooms: ChatRepository,
    private readonly chats: ChatService,
  ) {}

  /** One room, for who may read it. @throws ChatNotFoundError */
  async one(userId: string, chatId: string, place: Place | undefined): Promise<Range> {
    const { chat } = await this.chats.requireReader(userId, chatId);
    return rangeOf(chatId, chat.lastSeq, place);
  }

  /** All that the user has joined, the newest id first. */
  async *joined(
    userId: string,
    place: Place | undefined,
    turns: Turns,
  ): AsyncGenerator<Range, void> {
    const read = (last: string): Promise<JoinedRow[]> =>
      this.database.rows<JoinedRow>(JOINED_DOWN_FROM, [userId, last, STEP + 1]);
    for (let next: string | undefined = place?.chatId ?? BEYOND_ALL; next !== undefined;) {
      const last: string = next;
      const rows = await turns.take(() => read(last));
      for (const [chatId, lastSeq] of rows.slice(0, STEP)) {
        const range = rangeOf(chatId, lastSeq ?? 0, place);
        if (range.to >= range.from) yield range;
      }
      next = rows[STEP]?.[0];
    }
  }

  /**
   * Those of these rooms that the user may be told of, by now.
   *
   * @param asked the one room, where one was asked for
   * @throws ChatNotFoundError where that is no more theirs to read
   */
  async stillSearched(
    userId: string,
    chatIds: string[],
    asked: string | undefined,
  ): Promise<Set<string>> {
    if (asked !== undefined) {
      await this.chats.requireReader(userId, asked);
      return new Set([asked]);
    }
    const seen = await this.rooms.findAllSeen(userId, [...new Set(chatIds)]);
    return new Set(seen.filter(({ member }) => member !== null).map(({ chat }) => chat.id));
  }
}

function rangeOf(chatId: string, lastSeq: number, place: Place | undefined): Range {
  const to = place?.chatId === chatId ? Math.min(lastSeq, place.seq - 1) : lastSeq;
  return { chatId, from: 1, to };
}
