import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Memberships } from '../chat/memberships.js';
import { inSlices } from '../common/slices.js';
import { EventBus } from '../events/event-bus.js';
import { LocalJob } from '../jobs/job.js';
import { ProfileDto } from '../user/user.dto.js';
import type { UserUpdatedDto } from '../user/user-event.dto.js';
import { UserService } from '../user/user.service.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { Subscriptions } from './subscriptions.js';

/** A user is told of so often at most. */
const PERIOD_MS = 10_000;
/** How often those are looked at whose turn has not come. */
const LOOK_SECONDS = 1;

/**
 * Tells those connected here of changed profiles: the user's own connections, and whoever hears a small
 * room that the user is in. Each process asks the database for itself, when it is about to tell: what it
 * tells is never older than the news, whichever process they came from and whenever.
 *
 * For a user in 5,000 rooms it takes ten queries of 500 memberships, 8 ms of CPU on SQLite. Tried: to
 * send the rooms along with the news (200 kB to each process, and news that cross leave an old name).
 */
@Injectable()
export class ProfileNews extends LocalJob {
  readonly name = 'profile-news';
  readonly everySeconds = undefined;
  periodMs = PERIOD_MS;
  /** Users who are to be told of. */
  private readonly changed = new Set<string>();
  /** When users were told of who were a moment ago, the longest first. */
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly connections: Connections,
    private readonly rooms: Subscriptions,
    private readonly memberships: Memberships,
    private readonly users: UserService,
    bus: EventBus,
  ) {
    super();
    bus.on('profile.changed', ({ userId }) => {
      this.changed.add(userId);
      if (this.toldAt.has(userId)) this.wakeIn(LOOK_SECONDS);
      else this.wake();
    });
  }

  async run(): Promise<void> {
    await setImmediate(); // whoever made the change is answered first
    this.forgetOld();
    for (const userId of this.changed) {
      if (!this.toldAt.has(userId)) await this.tell(userId);
    }
    if (this.changed.size > 0) this.wakeIn(LOOK_SECONDS);
  }

  private forgetOld(): void {
    for (const [userId, at] of this.toldAt) {
      if (performance.now() - at < this.periodMs) return;
      this.toldAt.delete(userId);
    }
  }

  private async tell(userId: string): Promise<void> {
    this.changed.delete(userId); // at once: what changes from now on may not be read any more
    try {
      await this.tellNow(userId);
      this.toldAt.set(userId, performance.now());
    } catch (error) {
      this.changed.add(userId);
      throw error;
    }
  }

  private async tellNow(userId: string): Promise<void> {
    const hearers = await this.hearersOf(userId);
    if (hearers.size === 0) return;
    const user = (await this.users.byId([userId])).get(userId);
    if (!user || user.erasedAt) return;
    const payload: UserUpdatedDto = { type: 'user.updated', user: ProfileDto.of(user) };
    const event = { name: payload.type, payload };
    const data = JSON.stringify(payload);
    await inSlices([...hearers], (each) => each.deliver(event, data));
  }

  private async hearersOf(userId: string): Promise<Set<Connection>> {
    const hearers = new Set(this.connections.of(userId));
    if (this.connections.size === 0) return hearers;
    for await (const chatIds of this.memberships.smallRooms(userId)) {
      await inSlices(chatIds, (chatId) => {
        for (const each of this.rooms.subscribers(chatId)) hearers.add(each);
      });
    }
    return hearers;
  }
}
