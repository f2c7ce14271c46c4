import { Injectable } from '@nestjs/common';
import { ChatNotFoundError } from '../chat/chat.errors.js';
import { ChatService } from '../chat/chat.service.js';
import { Database } from '../database/database.js';
import { FileUnreadableError, KeyMissingError } from '../encryption/encryption.errors.js';
import { UserService } from '../user/user.service.js';
import {
  findAttachments,
  findParts,
  type Parts,
  type StoredAttachment,
} from './attachment-rows.js';
import { AttachmentNotFoundError } from './attachment.errors.js';

/** Who may see a file: its uploader, and once it was sent whoever may read the room. */
@Injectable()
export class AttachmentAccess {
  constructor(
    private readonly database: Database,
    private readonly chats: ChatService,
    private readonly users: UserService,
  ) {}

  /** A file that the user may see. @throws AttachmentNotFoundError */
  async requireReadable(userId: string, id: string): Promise<StoredAttachment> {
    const [found] = await this.listReadable(userId, [id]);
    if (!found) throw new AttachmentNotFoundError();
    return found;
  }

  /** The same, with the objects of its parts as they are once it was read. @throws AttachmentNotFoundError */
  async requireReadableParts(userId: string, id: string): Promise<[StoredAttachment, Parts]> {
    const files = await findAttachments(this.database, [id]);
    const [[seen], parts] = await Promise.all([
      this.seen(userId, files),
      findParts(this.database, id),
    ]);
    if (!seen) throw new AttachmentNotFoundError();
    return [seen, parts];
  }

  /** What does not open may have ended meanwhile. @returns that it is not there any more, else the error itself */
  async faultOf(error: unknown, userId: string, id: string): Promise<unknown> {
    if (!(error instanceof FileUnreadableError || error instanceof KeyMissingError)) return error;
    return this.requireReadable(userId, id).then(
      () => error,
      (fault: unknown) => fault,
    );
  }

  /** A file of the user's own, while they may read its room. @throws AttachmentNotFoundError */
  async requireOwn(userId: string, id: string): Promise<StoredAttachment> {
    const found = await this.requireReadable(userId, id);
    if (found.uploaderId !== userId) throw new AttachmentNotFoundError();
    return found;
  }

  /** Those of these files that the user may see, in the order asked for. */
  async listReadable(userId: string, ids: string[]): Promise<StoredAttachment[]> {
    const seen = await this.seen(userId, await findAttachments(this.database, ids));
    return seen.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
  }

  private async seen(userId: string, found: StoredAttachment[]): Promise<StoredAttachment[]> {
    const files = found.filter(
      ({ state, messageId, uploaderId }) =>
        state !== 'ended' && (messageId !== null || uploaderId === userId),
    );
    const [rooms, people] = await Promise.all([
      this.readableRooms(userId, files),
      this.users.byId(files.map(({ uploaderId }) => uploaderId)),
    ]);
    return files.filter(
      ({ chatId, uploaderId }) => rooms.has(chatId) && !people.get(uploaderId)!.erasedAt,
    );
  }

  private async readableRooms(userId: string, files: StoredAttachment[]): Promise<Set<string>> {
    const chatIds = [...new Set(files.map(({ chatId }) => chatId))];
    const seen = await Promise.all(
      chatIds.map((chatId) => this.chats.requireReader(userId, chatId).catch(orUnseen)),
    );
    return new Set(chatIds.filter((_, index) => seen[index]));
  }
}

function orUnseen(error: unknown): undefined {
  if (!(error instanceof ChatNotFoundError)) throw error;
}
