import { TextBudget } from '../common/text-budget.js';
import type { Message } from '../message/message.entity.js';
import type { Looked } from './range-search.js';
import type { Place } from './search-place.js';

/** What a search has found for one answer. */
export class FoundPage {
  readonly messages: Message[] = [];
  /** Up to where it has come; undefined where there is nothing more to look at. */
  place: Place | undefined;
  private readonly budget = new TextBudget();

  constructor(private readonly limit: number) {}

  get isFull(): boolean {
    return this.messages.length >= this.limit || this.budget.isSpent;
  }

  /** Takes what there is room for. */
  take(chatId: string, { fitting, from }: Looked): void {
    const kept = this.budget.take(fitting.slice(0, this.limit - this.messages.length));
    this.messages.push(...kept);
    this.place = { chatId, seq: this.isFull && kept.length > 0 ? kept.at(-1)!.seq : from };
  }
}
