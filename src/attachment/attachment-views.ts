import { Injectable } from '@nestjs/common';
import { inSlices } from '../common/slices.js';
import type { Reads } from '../database/transaction.js';
import { FileUnreadableError, KeyUnavailableError } from '../encryption/encryption.errors.js';
import { findOfMessages, type StoredAttachment } from './attachment-rows.js';
import type { MessageAttachmentDto } from './attachment.dto.js';
import { FileFactsCipher } from './file-facts.js';

export type AttachmentView = Readonly<MessageAttachmentDto>;

/** The files of one message. */
export interface AttachmentsOfMessage {
  views: AttachmentView[];
  /** Ids of those that do not open. */
  shut: string[];
  /** Why this process cannot tell. */
  failure?: Error;
}

/** Files as messages show them. */
@Injectable()
export class AttachmentViews {
  constructor(private readonly facts: FileFactsCipher) {}

  /** By one query. Those that have ended are left out. */
  async ofMessages(messageIds: string[], reads: Reads): Promise<Map<string, AttachmentsOfMessage>> {
    const found = new Map<string, AttachmentsOfMessage>(
      messageIds.map((id) => [id, { views: [], shut: [] }]),
    );
    await inSlices(await findOfMessages(reads, messageIds), async (file) => {
      const own = found.get(file.messageId!)!;
      try {
        own.views.push(await this.one(file));
      } catch (error) {
        if (error instanceof KeyUnavailableError) own.failure = error;
        else if (error instanceof FileUnreadableError) own.shut.push(file.id);
        else throw error;
      }
    });
    return found;
  }

  /** @throws FileUnreadableError, KeyUnavailableError */
  async one(file: StoredAttachment): Promise<AttachmentView> {
    const { file_name, content_type, size, width, height } = await this.facts.open(file);
    const has_thumbnail = file.thumbnailSize !== null;
    return { id: file.id, file_name, content_type, size, width, height, has_thumbnail };
  }
}
