import { Injectable } from '@nestjs/common';
import type { EntitySubscriberInterface, InsertEvent, UpdateEvent } from 'typeorm';
import { Database } from '../database/database.js';
import { Message } from './message.entity.js';
import { MessageSealer } from './message-sealer.js';

/**
 * Seals and opens bodies for TypeORM. Plain text enters through `insert` or `save` and leaves through
 * `find`; `update()` and raw queries skip this class, so bodies never use them. Statements that are
 * written out hand their messages to the same sealer.
 */
@Injectable()
export class MessageSubscriber implements EntitySubscriberInterface<Message> {
  constructor(
    database: Database,
    private readonly sealer: MessageSealer,
  ) {
    database.subscribe(this);
  }

  listenTo(): typeof Message {
    return Message;
  }

  beforeInsert({ entity }: InsertEvent<Message>): Promise<void> {
    return this.seal(entity);
  }

  /** An edit sets `editedAt` too: changing only `body`, which is no column, would save nothing. */
  async beforeUpdate({ entity, databaseEntity }: UpdateEvent<Message>): Promise<void> {
    if (!(entity instanceof Message) || entity.body === databaseEntity.body) return;
    await this.seal(entity);
  }

  afterLoad(entity: Message): Promise<void> | void {
    return this.sealer.open(entity);
  }

  private async seal(entity: Message): Promise<void> {
    if (entity.body === null) {
      entity.ciphertext = null;
      this.sealer.forget(entity.id);
      return;
    }
    const sealed = await this.sealer.seal(entity, entity.body);
    entity.ciphertext = sealed.ciphertext;
    this.sealer.remember(entity, sealed);
  }
}
