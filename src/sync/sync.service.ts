import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../http/current-user.js';
import { Database } from '../database/database.js';
import { History } from '../database/history.js';
import { findHistory } from '../database/installation.js';
import { pipelined } from '../database/pipelined.js';
import { listJoinedRooms } from './joined-rooms.js';
import type { SyncDto } from './sync.dto.js';
import type { SyncPage } from './sync-page.js';
import { planSync, unreadOf } from './sync-plan.js';
import { SyncReader } from './sync-reader.js';
import { SyncText, type SyncHead } from './sync-text.js';

interface Found {
  head: SyncHead;
  page: SyncPage;
}

@Injectable()
export class SyncService {
  constructor(
    private readonly database: Database,
    private readonly history: History,
    private readonly reader: SyncReader,
    private readonly text: SyncText,
  ) {}

  /** What is new since the cursors that the client has, read in one snapshot: JSON of a `SyncedDto`. */
  async sync(user: AuthUser, dto: SyncDto): Promise<string> {
    for (;;) {
      const found = await this.find(user.id, dto);
      if (found) return this.text.of(user.id, found.head, found.page);
      await this.history.begin();
    }
  }

  /** Nothing where no line of history has begun. */
  private find(userId: string, dto: SyncDto): Promise<Found | undefined> {
    return this.database.snapshot(userId, async (snapshot) => {
      const [history, joined] = await pipelined([
        findHistory(snapshot),
        listJoinedRooms(snapshot, userId),
      ]);
      if (history === undefined) return undefined;
      const plan = planSync(dto, history, joined);
      const page = await this.reader.read(snapshot, userId, plan, dto.limit);
      const { rooms, hasMore } = page;
      const { gone, reset } = plan;
      const reads = unreadOf(rooms, joined);
      return { head: { history, rooms, reads, gone, reset, has_more: hasMore }, page };
    });
  }
}
