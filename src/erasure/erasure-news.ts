import { Injectable } from '@nestjs/common';
import { SessionService } from '../auth/session.service.js';
import { ChatEvents } from '../chat/chat-events.js';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import { EventBus } from '../events/event-bus.js';
import type { Erased } from './account-eraser.js';

/** Tells everyone who remembers anything of an erased account. */
@Injectable()
export class ErasureNews {
  constructor(
    private readonly sessions: SessionService,
    private readonly chats: ChatEvents,
    private readonly bus: EventBus,
    private readonly database: Database,
  ) {}

  async spread(userId: string, { sessionIds, chatIds }: Erased): Promise<void> {
    this.sessions.announce(sessionIds);
    this.bus.publish({ type: 'keys.destroyed', ownerIds: [userId] });
    await inSlices(chatIds, (chatId) => this.chats.deleted(chatId));
    await this.database.wipe();
  }
}
