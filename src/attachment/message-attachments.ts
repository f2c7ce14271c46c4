import { Injectable } from '@nestjs/common';
import type { Write } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { AttachmentEnds } from './attachment-ends.js';
import {
  attachmentUpdate,
  findOfMessages,
  lockAttachments,
  type StoredAttachment,
} from './attachment-rows.js';
import { UPDATE_ATTACHMENTS } from './attachment-statements.js';
import { type AttachmentView, AttachmentViews } from './attachment-views.js';
import { AttachmentStateError, UnknownAttachmentError } from './attachment.errors.js';

/** A message that is to be sent. */
interface Draft {
  id: string;
  chatId: string;
  senderId: string;
  attachmentIds: string[];
}

/** One that is there. */
interface Sent {
  id: string;
  attachmentCount: number;
  attachments?: AttachmentView[];
}

interface Known {
  file: StoredAttachment;
  view: AttachmentView | Error;
}

/** What files have to do with sends, deletions and the ends of rooms: a `MessagePart`. */
@Injectable()
export class MessageAttachments {
  constructor(
    private readonly ends: AttachmentEnds,
    private readonly views: AttachmentViews,
  ) {}

  /** No statement where nobody sends a file. */
  sent(tx: Transaction, drafts: Draft[]): Promise<SentAttachments> | undefined {
    const withFiles = drafts.filter(({ attachmentIds }) => attachmentIds.length > 0);
    return withFiles.length > 0 ? this.lock(tx, withFiles) : undefined;
  }

  /** An edit leaves the files as they are; with the text of a message its files end. */
  async changed(
    tx: Transaction,
    how: 'edited' | 'deleted' | 'erased',
    messages: Sent[],
  ): Promise<void> {
    const ids = messages.filter(({ attachmentCount }) => attachmentCount > 0).map(({ id }) => id);
    if (how === 'edited' || ids.length === 0) return;
    const files = await findOfMessages(tx, ids); // nobody else ends them while the room is locked
    this.ends.end(
      tx,
      await lockAttachments(
        tx,
        files.map(({ id }) => id),
      ),
    );
  }

  /** Some of what it had; false when there is nothing left. */
  roomEnded(tx: Transaction, chatId: string): Promise<boolean> {
    return this.ends.endOfRoom(tx, chatId);
  }

  /** Opens those of the senders and rooms alone: others are refused. */
  private async lock(tx: Transaction, drafts: Draft[]): Promise<SentAttachments> {
    const ids = new Set(drafts.flatMap(({ attachmentIds }) => attachmentIds));
    const seats = new Set(drafts.map(({ chatId, senderId }) => `${chatId} ${senderId}`));
    const known = new Map<string, Known>();
    for (const file of await lockAttachments(tx, [...ids])) {
      if (!seats.has(`${file.chatId} ${file.uploaderId}`)) continue;
      const view = await this.views.one(file).catch((error: Error) => error);
      known.set(file.id, { file, view });
    }
    return new SentAttachments(known);
  }
}

/** The files that a batch of sends names, locked. */
class SentAttachments {
  private readonly taken: StoredAttachment[] = [];

  constructor(private readonly known: Map<string, Known>) {}

  /** @throws UnknownAttachmentError, AttachmentStateError why the message may not be sent */
  check({ attachmentIds, chatId, senderId }: Draft): void {
    for (const id of attachmentIds) {
      const { file, view } = this.known.get(id) ?? {};
      if (file?.uploaderId !== senderId || file.chatId !== chatId)
        throw new UnknownAttachmentError();
      if (file.state === 'ended') throw new UnknownAttachmentError();
      if (file.state !== 'complete' || file.messageId !== null)
        throw AttachmentStateError.notToSend();
      if (view instanceof Error) throw view;
    }
  }

  /** Gives the message its files. */
  take({ id: messageId, attachmentIds }: Draft, message: Sent): void {
    const files = attachmentIds.map((id) => this.known.get(id)!);
    files.forEach(({ file }, position) => {
      Object.assign(file, { messageId, position, removeAt: null });
      this.taken.push(file);
    });
    message.attachments = files.map(({ view }) => view as AttachmentView);
  }

  writes(): Write[] {
    const updates = this.taken.map((file) => attachmentUpdate(file));
    return [{ statement: UPDATE_ATTACHMENTS, lists: [updates] }];
  }
}
