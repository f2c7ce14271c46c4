import { Injectable } from '@nestjs/common';
import { InvalidInputError, TooManyRequestsError } from '../common/errors.js';
import { NO_WORD, type Word } from '../common/fold-text.js';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import { Semaphore } from '../database/semaphore.js';
import { BEFORE_ALL } from './chat.repository.js';
import {
  FIND_BY_WORD,
  FIND_NAMES,
  LIST_JOINED_NAMES,
  LIST_PUBLIC_NAMES,
} from './name-statements.js';
import { fits, rangeOf, wordsOfName } from './name-words.js';

/** Rooms that a page looks at, of the public ones and of the user's own each. */
const MOST = 2000;
/** Rooms that are read at once. */
const STEP = 500;
/** Searches that go on at once; users take turns. */
const AT_ONCE = 4;
/** Searches of a user that go on or wait. */
const MOST_OF_USER = 8;
/** Words that are asked for in the table, the longest first. */
const ASKED = 4;

/** Where a page begins, and how many it holds. */
interface Place {
  after: string;
  limit: number;
}

/** Rooms that fit, by id. */
interface Found {
  ids: string[];
  /** The last room that was looked at; all were where it is left out. */
  upTo?: string;
}

type NameRow = [id: string, chatName: string | null];
/** The names of the next rooms by id; fewer than `STEP` are the last. */
type Read = (after: string) => Promise<NameRow[]>;

/**
 * Finds rooms by their names: public ones by the words of theirs, the user's own by looking at each.
 *
 * A word of more than 2,000 public rooms leads to the oldest of them no sooner than the list of all does,
 * which is gone through instead. A page of 50 among 100,000 rooms on SQLite, CPU: 2 ms by a rare word, 5 to
 * 8 by a common one, 15 where common words never meet; 2 without `q`. Alternative: to keep each beginning
 * of each word, which the index then has in the order of the rooms, and several times the rows.
 */
@Injectable()
export class NameSearch {
  private readonly turns = new Semaphore(AT_ONCE);
  /** Searches of each user that go on or wait. */
  private readonly underWay = new Map<string, number>();

  constructor(private readonly database: Database) {}

  /**
   * Some of the rooms that the user may see and of whose name every word of `q` begins a word, by id.
   *
   * @returns with `upTo`, after which to ask for more, where there may be more
   * @throws InvalidInputError where `q` has no word, TooManyRequestsError
   */
  async find(
    userId: string,
    q: string,
    { after = BEFORE_ALL, limit }: { after?: string; limit: number },
    isJoined: boolean,
  ): Promise<Found> {
    const words = requireWords(q);
    const place = { after, limit };
    this.begin(userId);
    try {
      return await this.turns.run(userId, async () => {
        const own = await this.joined(userId, words, place);
        return together(isJoined ? [own] : [own, await this.open(words, place)], limit);
      });
    } finally {
      this.end(userId);
    }
  }

  private begin(userId: string): void {
    const count = this.underWay.get(userId) ?? 0;
    if (count >= MOST_OF_USER)
      throw new TooManyRequestsError('You have too many searches for rooms under way.', 1);
    this.underWay.set(userId, count + 1);
  }

  private end(userId: string): void {
    const count = this.underWay.get(userId)! - 1;
    if (count > 0) this.underWay.set(userId, count);
    else this.underWay.delete(userId);
  }

  private joined(userId: string, words: Word[], place: Place): Promise<Found> {
    const read: Read = (after) => this.database.rows(LIST_JOINED_NAMES, [userId, after, STEP]);
    return look(read, words, place);
  }

  private async open(words: Word[], place: Place): Promise<Found> {
    const candidates = await this.candidates(words);
    const read: Read = candidates
      ? (after) => this.namesOf(candidates.filter((id) => id > after).slice(0, STEP))
      : (after) => this.database.rows(LIST_PUBLIC_NAMES, [after, STEP]);
    return look(read, words, place);
  }

  private async namesOf(ids: string[]): Promise<NameRow[]> {
    const names = new Map(await this.database.rows<NameRow>(FIND_NAMES, [ids]));
    return ids.map((id) => [id, names.get(id) ?? null]);
  }

  /** All public rooms of which one of the words is one's, by id; null where each is too many rooms'. */
  private async candidates(words: Word[]): Promise<string[] | null> {
    const longest = [...words].sort(({ text: one }, { text: other }) => other.length - one.length);
    for (const word of longest.slice(0, ASKED)) {
      const rows = await this.database.rows<[string]>(FIND_BY_WORD, [...rangeOf(word), MOST + 1]);
      if (rows.length <= MOST) return [...new Set(rows.map(([id]) => id))].sort();
    }
    return null;
  }
}

function requireWords(q: string): Word[] {
  const words = new Map(wordsOfName(q).map((word) => [word.text, word]));
  if (words.size > 0) return [...words.values()];
  throw new InvalidInputError([{ field: 'q', messages: [`q ${NO_WORD}`] }]);
}

/** Looks at rooms until one more than the limit fits, there are no more, or it was enough. */
async function look(read: Read, words: Word[], { after, limit }: Place): Promise<Found> {
  const ids: string[] = [];
  let upTo = after;
  for (let looked = 0; looked < MOST; looked += STEP) {
    const rows = await read(upTo);
    await inSlices(rows, ([id, name]) => {
      if (name !== null && fits(words, name)) ids.push(id);
    });
    if (rows.length < STEP) return { ids };
    [upTo] = rows[STEP - 1];
    if (ids.length > limit) break;
  }
  return { ids, upTo };
}

/** What all halves have looked at, up to the limit. */
function together(halves: Found[], limit: number): Found {
  const ends = halves.flatMap(({ upTo }) => upTo ?? []).sort();
  const [end] = ends;
  const all = new Set(halves.flatMap(({ ids }) => ids));
  const ids = [...all].filter((id) => end === undefined || id <= end).sort();
  return ids.length > limit
    ? { ids: ids.slice(0, limit), upTo: ids[limit - 1] }
    : { ids, upTo: end };
}
