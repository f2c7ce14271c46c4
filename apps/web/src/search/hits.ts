import type { Message, SearchPage } from '@conclave/client';

export interface Hits {
  messages: readonly Message[];
  highlights: SearchPage['highlights'];
}

export const NONE: Hits = { messages: [], highlights: {} };

/**
 * What a search finds, page by page.
 *
 * @returns adds the next page that has any hit to those that are known, and tells whether it is the last one;
 *   where it fails, it may be asked again
 */
export function hitsOf(
  search: () => AsyncGenerator<SearchPage, void>,
): (known: Hits) => Promise<{ hits: Hits; isDone: boolean }> {
  let pages = search();
  return async (known) => {
    const ids = new Set(known.messages.map(({ id }) => id));
    try {
      for (;;) {
        const { value: page, done } = await pages.next();
        if (done) return { hits: known, isDone: true };
        const messages = page.messages.filter(({ id }) => !ids.has(id));
        if (messages.length > 0)
          return { hits: together(known, messages, page), isDone: page.isLast };
      }
    } catch (error) {
      pages = search(); // the one before has ended; what is known is passed over
      throw error;
    }
  };
}

function together(known: Hits, messages: Message[], { highlights }: SearchPage): Hits {
  return {
    messages: [...known.messages, ...messages],
    highlights: { ...known.highlights, ...highlights },
  };
}
