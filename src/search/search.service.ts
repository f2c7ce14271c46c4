import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import type { AuthUser } from '../http/current-user.js';
import type { MessageDto } from '../message/message.dto.js';
import { FoundMessages } from './found-messages.js';
import { FoundPage } from './found-page.js';
import { highlightsOf } from './highlights.js';
import type { Range } from './range-search.js';
import { type Criteria, criteriaOf } from './search-criteria.js';
import { SearchLane, type Turns } from './search-lane.js';
import { type Place, placeText, readPlace } from './search-place.js';
import type { SearchPageDto, SearchQuery } from './search.dto.js';
import { SearchedRooms } from './searched-rooms.js';
import { SegmentSearch } from './segment-search.js';

/** Finds messages by their words: in one room, or in all that one has joined. */
@Injectable()
export class SearchService {
  constructor(
    private readonly lane: SearchLane,
    private readonly rooms: SearchedRooms,
    private readonly ranges: SegmentSearch,
    private readonly found: FoundMessages,
  ) {}

  /**
   * @param gone aborted when nobody waits for the answer any more
   * @throws InvalidInputError, ChatNotFoundError, SearchUnderWayError, SearcherGoneError,
   *   DeadTokenError where the session ends meanwhile, KeyUnavailableError
   */
  async search(user: AuthUser, query: SearchQuery, gone: AbortSignal): Promise<SearchPageDto> {
    const { chat_id: chatId, before } = query;
    const criteria = criteriaOf(query);
    const place = before === undefined ? undefined : readPlace(before, chatId);
    return this.lane.run(user, gone, async (turns) => {
      const page = new FoundPage(query.limit);
      await this.fill(page, this.rangesOf(user.id, chatId, place, turns), criteria, turns);
      const data = await this.found.show(user.id, page.messages, criteria, chatId);
      return {
        data,
        ...placesOf(page.place, chatId !== undefined),
        ...(query.highlight && { highlights: await highlights(data, criteria) }),
      };
    });
  }

  private async *rangesOf(
    userId: string,
    chatId: string | undefined,
    place: Place | undefined,
    turns: Turns,
  ): AsyncGenerator<Range, void> {
    if (chatId === undefined) yield* this.rooms.joined(userId, place, turns);
    else yield await this.rooms.one(userId, chatId, place);
  }

  /** Until the page is full, the search has had its time, or nothing is left. */
  private async fill(
    page: FoundPage,
    ranges: AsyncGenerator<Range, void>,
    criteria: Criteria,
    turns: Turns,
  ): Promise<void> {
    for await (const range of ranges) {
      const units = this.ranges.units(range, criteria);
      try {
        for (;;) {
          const { value, done } = await turns.take(() => units.next());
          if (done) {
            if (!turns.isSpent) break;
            page.place = { chatId: range.chatId, seq: range.from }; // searched to its end
            return;
          }
          page.take(range.chatId, value);
          // What has brought nothing to its end would begin anew with the next answer, and so never end.
          if (page.isFull || (turns.isSpent && value.from <= range.to)) return;
        }
      } finally {
        await units.return();
      }
    }
    page.place = undefined;
  }
}

function placesOf(
  place: Place | undefined,
  isOneRoom: boolean,
): Pick<SearchPageDto, 'has_more' | 'next' | 'searched_to'> {
  if (!place || (isOneRoom && place.seq <= 1)) return { has_more: false };
  const next = placeText(place, isOneRoom);
  return { has_more: true, next, ...(isOneRoom && { searched_to: place.seq }) };
}

async function highlights(
  messages: MessageDto[],
  { needles }: Criteria,
): Promise<SearchPageDto['highlights']> {
  const ranges = await inSlices(messages, ({ message }) => highlightsOf(message!, needles));
  return Object.fromEntries(messages.map(({ id }, n) => [id, ranges[n]]));
}
