import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import type { Message } from '../message/message.entity.js';
import { MessageSealer } from '../message/message-sealer.js';
import { MessageViews } from '../message/read/message-views.js';
import { type Criteria, holdsAll, isWithin } from './search-criteria.js';

/** Tells of rows whether they fit. */
@Injectable()
export class Matching {
  constructor(
    private readonly sealer: MessageSealer,
    private readonly views: MessageViews,
  ) {}

  /**
   * Opens those of these rows that come into question, in slices, and finds those that fit; their order
   * stays. What does not open is reported and does not fit.
   *
   * @throws KeyUnavailableError where this process lacks the key of one
   */
  async fitting(rows: Message[], criteria: Criteria): Promise<Message[]> {
    const within = rows.filter((row) => row.ciphertext !== null && isWithin(row, criteria));
    await this.sealer.loadKeys(within);
    const fit = await inSlices(within, async (row) => {
      const opening = this.sealer.openAside(row);
      if (opening) await opening;
      return row.body !== null && holdsAll(row.body, criteria);
    });
    const failed = within.find(({ failure }) => failure);
    if (failed) throw failed.failure!;
    await this.views.reportShut(within.filter(({ unreadable }) => unreadable));
    return within.filter((_row, n) => fit[n]);
  }
}
