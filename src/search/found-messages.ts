import { Injectable } from '@nestjs/common';
import type { MessageDto } from '../message/message.dto.js';
import type { Message } from '../message/message.entity.js';
import { MessageSealer } from '../message/message-sealer.js';
import { MessageRepository } from '../message/read/message.repository.js';
import { MessageViews } from '../message/read/message-views.js';
import { type Criteria, holdsAll } from './search-criteria.js';
import { SearchedRooms } from './searched-rooms.js';

/** Shows what was found, as everything is shown that is read: by what the rows say at that moment. */
@Injectable()
export class FoundMessages {
  constructor(
    private readonly messages: MessageRepository,
    private readonly sealer: MessageSealer,
    private readonly views: MessageViews,
    private readonly rooms: SearchedRooms,
  ) {}

  /**
   * These messages as they are by now, in their order, but for those that do not fit any more, are
   * deleted, or stand in a room that the user has left: a search takes its time.
   *
   * @param chatId of the one room, where one was asked for
   * @throws ChatNotFoundError where that is no more the user's to read; KeyUnavailableError
   */
  async show(
    userId: string,
    found: Message[],
    criteria: Criteria,
    chatId: string | undefined,
  ): Promise<MessageDto[]> {
    const rows = await this.readAgain(found);
    await this.sealer.openAll(rows);
    const before = new Map(found.map(({ id, ciphertext }) => [id, ciphertext]));
    const fitting = rows.filter((row) => {
      const isSame = row.ciphertext === before.get(row.id);
      // What this process cannot tell is thrown where it would be shown.
      return row.failure ?? (row.body !== null && (isSame || holdsAll(row.body, criteria)));
    });
    const views = await this.views.many(userId, fitting);
    const chatIds = views.map((view) => view.chat_id);
    const searched = await this.rooms.stillSearched(userId, chatIds, chatId); // last of all
    return views.filter((view) => view.message !== null && searched.has(view.chat_id));
  }

  private async readAgain(found: Message[]): Promise<Message[]> {
    const places = found.map(({ chatId, seq }): [string, number] => [chatId, seq]);
    const rows = await this.messages.sealedAt(places);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return found.flatMap(({ id }) => byId.get(id) ?? []);
  }
}
