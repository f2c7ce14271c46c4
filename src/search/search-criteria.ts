import { InvalidInputError } from '../common/errors.js';
import type { Message } from '../message/message.entity.js';
import type { SearchQuery } from './search.dto.js';
import { needlesOf, soughtText, wholeWordsOf } from './search-needles.js';

/** What is asked of a message that is to be found. */
export interface Criteria {
  /** See `needlesOf`: each of them stands in its `soughtText`. */
  needles: string[];
  /** See `wholeWordsOf`. */
  words: string[];
  senderId: string | null;
  /** When it was sent, in milliseconds since 1970: from this on, and before that. */
  from: number;
  to: number;
}

/** @throws InvalidInputError */
export function criteriaOf(query: SearchQuery): Criteria {
  const from = query.from === undefined ? Number.MIN_SAFE_INTEGER : Date.parse(query.from);
  const to = query.to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(query.to);
  if (from >= to) {
    throw new InvalidInputError([{ field: 'from', messages: ['from must be earlier than to'] }]);
  }
  const needles = needlesOf(query.q, query.prefix === 'true');
  return { needles, words: wholeWordsOf(needles), senderId: query.sender_id ?? null, from, to };
}

/** Whether it was sent when, and by whom, it is to have been. */
export function isWithin({ createdAt, senderId }: Message, criteria: Criteria): boolean {
  const time = createdAt.getTime();
  const isByThem = criteria.senderId === null || criteria.senderId === senderId;
  return isByThem && criteria.from <= time && time < criteria.to;
}

/** Whether a text holds all that is looked for. */
export function holdsAll(text: string, { needles }: Criteria): boolean {
  const sought = soughtText(text);
  return needles.every((needle) => sought.includes(needle));
}
