import { LRUCache } from 'lru-cache';
import { upTo } from '../../common/cache-bound.js';
import { ANSWER_BYTES, type TextBudget } from '../../common/text-budget.js';
import type { Message } from '../message.entity.js';

/** Rows that are read at once: fifty, and the one beyond that tells whether there are more. */
const STEP = 51;
const ROOMS = 10_000;

/** Reads so many rows that follow the last one of those before. */
export type Step = (count: number, last?: Message) => Promise<Message[]>;

/**
 * Reads rows in steps. Where a room's messages are long, no more at once than an answer takes: fifty of
 * the longest are 4 MB, which are garbage but for one.
 */
export class RowSteps {
  /** How many rows fill an answer, of rooms in which those are less than a step. */
  private readonly short = new LRUCache<string, number>(upTo(ROOMS));

  /** Rows until there are so many, no more, or so much text that the answer ends. */
  async collect(
    chatId: string,
    next: Step,
    most: number,
    budget: TextBudget,
  ): Promise<{ rows: Message[]; isEnd: boolean }> {
    const rows: Message[] = [];
    let isEnd = false;
    while (!isEnd && rows.length < most && !budget.isSpent) {
      const count = Math.min(most - rows.length, this.short.get(chatId) ?? STEP);
      const found = await next(count, rows.at(-1));
      this.note(chatId, found);
      const kept = budget.take(found);
      rows.push(...kept);
      isEnd = found.length < count && kept.length === found.length;
    }
    return { rows, isEnd };
  }

  private note(chatId: string, found: Message[]): void {
    const bytes = found.reduce((sum, { ciphertext }) => sum + (ciphertext?.length ?? 0), 0);
    const fill = Math.ceil((ANSWER_BYTES * found.length) / bytes) + 1; // Infinity where there is none
    if (fill < STEP) this.short.set(chatId, fill);
    else if (found.length > 0) this.short.delete(chatId);
  }
}
