import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Message } from '../message/message.entity.js';
import { type MessageRow, toMessage } from '../message/message-rows.js';
import { Matching } from './matching.js';
import type { Looked, Range, RangeSearch } from './range-search.js';
import type { Criteria } from './search-criteria.js';
import { SEARCHABLE_ROWS } from './search-statements.js';

/** Rows that a unit opens at most. */
const PAGE = 50;
/** Places that it looks at, where few of them come into question. */
const SPAN = 500;
/** Of long messages it reads about so much text: fifty of the longest are 4 MB, which SQLite reads in one go. */
const UNIT_BYTES = 262_144;

/** Looks through pages of rows, opening each. */
@Injectable()
export class RowSearch implements RangeSearch {
  constructor(
    private readonly database: Database,
    private readonly matching: Matching,
  ) {}

  async *units({ chatId, from, to }: Range, criteria: Criteria): AsyncGenerator<Looked, void> {
    let count = PAGE;
    for (let end = to; end >= from;) {
      const begin = Math.max(from, end - SPAN + 1);
      const rows = await this.read({ chatId, from: begin, to: end }, criteria, count);
      const reached = rows.length < count ? begin : rows[count - 1].seq;
      yield { fitting: await this.matching.fitting(rows, criteria), from: reached };
      count = nextCount(rows);
      end = reached - 1;
    }
  }

  private async read(
    { chatId, from, to }: Range,
    { senderId, from: since, to: until }: Criteria,
    count: number,
  ): Promise<Message[]> {
    const parameters = [chatId, from, to, senderId, since, until, count];
    return (await this.database.rows<MessageRow>(SEARCHABLE_ROWS, parameters)).map(toMessage);
  }
}

/** As many as the rows before say will be read quickly. */
function nextCount(rows: Message[]): number {
  const bytes = rows.reduce((sum, { ciphertext }) => sum + ciphertext!.length, 0);
  if (bytes <= UNIT_BYTES) return PAGE;
  return Math.max(1, Math.floor((UNIT_BYTES * rows.length) / bytes));
}
