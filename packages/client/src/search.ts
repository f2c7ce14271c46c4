import type { Api } from './calls.js';
import { answerOf } from './transport.js';
import type { Message } from './types.js';

export interface SearchOptions {
  /** Id of the one room to search; without it all that the user has joined, the newest one first. */
  room?: string;
  /** Only messages of this user. */
  senderId?: string;
  /** Only messages sent at this time or later, and before that one: ISO 8601. */
  from?: string;
  to?: string;
  /** Of the last word its beginning is enough, as while somebody types. */
  prefix?: boolean;
  /** Most messages of a page, 1 to 200; 50 unless given. */
  limit?: number;
  signal?: AbortSignal;
}

export interface SearchPage {
  /** The newest first; may be none of them, where the search goes on. */
  messages: Message[];
  /** By id of a message where the words stand in it: `[start, length]` in code points. */
  highlights: Record<string, [start: number, length: number][]>;
  /** Whether everything was searched. */
  isLast: boolean;
}

/** Page by page: none is asked for before the one after it is wanted. @throws Problem */
export async function* search(
  api: Api,
  q: string,
  { room, senderId, prefix, signal, ...rest }: SearchOptions = {},
): AsyncGenerator<SearchPage, void> {
  let before: string | undefined;
  do {
    const query = {
      ...{ ...rest, q, before, chat_id: room, sender_id: senderId, highlight: 'true' as const },
      ...(prefix && { prefix: 'true' as const }),
    };
    const page = await answerOf(api.GET('/message/search', { params: { query }, signal }));
    yield {
      messages: page.data,
      highlights: page.highlights as SearchPage['highlights'],
      isLast: !page.has_more,
    };
    before = page.next;
  } while (before !== undefined);
}
