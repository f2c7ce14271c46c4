import { Injectable } from '@nestjs/common';
import type { EntitySubscriberInterface, InsertEvent, UpdateEvent } from 'typeorm';
import { Database } from '../database/database.js';
import { BodyUnreadableError } from '../encryption/encryption.errors.js';
import { MessageCipher } from '../encryption/message-cipher.js';
import { Message } from './message.entity.js';

/**
 * The only place that seals and opens bodies. Plain text enters through `insert` or `save` and
 * leaves through `find`; `update()` and raw queries skip this class, so bodies never use them.
 */
@Injectable()
export class MessageSubscriber implements EntitySubscriberInterface<Message> {
  constructor(
    database: Database,
    private readonly cipher: MessageCipher,
  ) {
    database.subscribe(this);
  }

  listenTo(): typeof Message {
    return Message;
  }

  async beforeInsert({ entity }: InsertEvent<Message>): Promise<void> {
    entity.ciphertext = entity.body === null ? null : await this.cipher.seal(entity, entity.body);
  }

  /** An edit sets `editedAt` too: changing only `body`, which is no column, would save nothing. */
  async beforeUpdate({ entity, databaseEntity }: UpdateEvent<Message>): Promise<void> {
    if (!(entity instanceof Message) || entity.body === databaseEntity.body) return;
    entity.ciphertext = entity.body === null ? null : await this.cipher.seal(entity, entity.body);
  }

  async afterLoad(entity: Message): Promise<void> {
    entity.body = null;
    if (entity.ciphertext === undefined) return; // not selected
    if (entity.ciphertext === null && entity.deletedAt !== null) return; // a tombstone
    try {
      entity.body = await this.cipher.open(entity, entity.ciphertext ?? '');
    } catch (error) {
      if (!(error instanceof BodyUnreadableError)) throw error;
      entity.unreadable = true; // reported by the views, which know whether the author is erased
    }
  }
}
