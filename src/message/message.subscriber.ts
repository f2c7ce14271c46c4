import { Injectable } from '@nestjs/common';
import type { EntitySubscriberInterface, InsertEvent, UpdateEvent } from 'typeorm';
import { Database } from '../database/database.js';
import { BodyUnreadableError } from '../encryption/encryption.errors.js';
import { MessageCipher } from '../encryption/message-cipher.js';
import { BodyCache } from './body-cache.js';
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
    private readonly bodies: BodyCache,
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

  /** A promise only where a key has to be loaded. */
  afterLoad(entity: Message): Promise<void> | void {
    entity.body = null;
    if (entity.ciphertext === undefined) return; // not selected
    if (entity.ciphertext === null && entity.deletedAt !== null) {
      return this.bodies.delete(entity.id); // a tombstone
    }
    entity.opened = this.bodies.get(entity);
    if (!entity.opened) return this.open(entity);
    entity.body = entity.opened.body;
  }

  private async seal(entity: Message): Promise<void> {
    const { epoch } = this.bodies;
    entity.ciphertext = entity.body === null ? null : await this.cipher.seal(entity, entity.body);
    if (entity.ciphertext === null) this.bodies.delete(entity.id);
    else this.bodies.set(entity, epoch);
  }

  private open(entity: Message): Promise<void> | void {
    const { epoch } = this.bodies;
    try {
      const body = this.cipher.open(entity, entity.ciphertext ?? '');
      if (typeof body === 'string') return this.keep(entity, body, epoch);
      return body.then(
        (opened) => this.keep(entity, opened, epoch),
        (error: unknown) => markUnreadable(entity, error),
      );
    } catch (error) {
      markUnreadable(entity, error);
    }
  }

  private keep(entity: Message, body: string, epoch: number): void {
    entity.body = body;
    this.bodies.set(entity, epoch);
  }
}

/** Reported by the views, which know whether the author is erased. */
function markUnreadable(entity: Message, error: unknown): void {
  if (!(error instanceof BodyUnreadableError)) throw error;
  entity.unreadable = true;
}
