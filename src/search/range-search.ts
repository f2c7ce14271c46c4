import type { Message } from '../message/message.entity.js';
import type { Criteria } from './search-criteria.js';

/** A run of a room's messages by their `seq`, from the one up to the other. */
export interface Range {
  chatId: string;
  from: number;
  to: number;
}

/** What one unit of work has looked at. */
export interface Looked {
  /** Those that fit of what this unit has brought to its end, the newest first, opened. */
  fitting: Message[];
  /** Every message of the range from this `seq` on has been looked at, by this unit or one before. */
  from: number;
}

/**
 * Looks through a range from its end to its beginning. Each step is one unit of work, which takes the event
 * loop for a few milliseconds at most; one that has brought nothing to its end says the same `from` as the
 * one before, at first what comes after the range. Whoever asks may give up between two steps.
 *
 * What stands in rows is looked at as it is when its step comes.
 */
export interface RangeSearch {
  units(range: Range, criteria: Criteria): AsyncGenerator<Looked, void>;
}
