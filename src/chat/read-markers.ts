import { Injectable } from '@nestjs/common';
import type { AuthUser } from '../common/current-user.js';
import { Database } from '../database/database.js';
import { runSql } from '../database/plain-sql.js';
import { ChatEvents } from './chat-events.js';
import { ChatService } from './chat.service.js';

const MOVE = `UPDATE member SET read_seq = ?
  WHERE chat_id = ? AND user_id = ? AND read_seq < ? RETURNING read_seq`;

/** How far members have read. A marker never moves back, so that moving it takes no room's lock. */
@Injectable()
export class ReadMarkers {
  constructor(
    private readonly chats: ChatService,
    private readonly database: Database,
    private readonly events: ChatEvents,
  ) {}

  /**
   * Moves the caller's own marker; one beyond the end counts as the end.
   *
   * @throws ChatNotFoundError, NotAMemberError
   */
  async move(user: AuthUser, chatId: string, seq: number): Promise<void> {
    const { chat, member } = await this.chats.requireMember(user.id, chatId);
    const readSeq = Math.min(seq, chat.lastSeq);
    if (readSeq <= member.readSeq) return;
    await this.database.write(async (manager, onCommit) => {
      const moved = await runSql(manager, MOVE, [readSeq, chatId, user.id, readSeq]);
      if (moved.length > 0) onCommit(() => this.events.read(chat, user.id, readSeq));
    });
  }
}
