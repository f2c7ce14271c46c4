import { Injectable } from '@nestjs/common';
import { type AttachmentsOfMessage, AttachmentViews } from '../attachment/attachment-views.js';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import type { Reads } from '../database/transaction.js';
import {
  BodyUnreadableError,
  KeyMissingError,
  KeyUnavailableError,
} from '../encryption/encryption.errors.js';
import { MessageCipher, type Sealable } from '../encryption/message-cipher.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { MessageCache } from './message-cache.js';
import type { Message } from './message.entity.js';

/** To open less than this takes a millisecond at most. */
const SHORT_BYTES = 65_536;

/** A body that is sealed and not yet stored. */
export interface Sealed {
  ciphertext: string;
  /** Of the cache, as of before it was sealed. */
  epoch: number;
}

/** Seals and opens bodies, for TypeORM's subscriber and for the statements that are written out. */
@Injectable()
export class MessageSealer {
  constructor(
    private readonly cipher: MessageCipher,
    private readonly keys: OwnerKeys,
    private readonly cache: MessageCache,
    private readonly attachments: AttachmentViews,
    private readonly database: Database,
  ) {}

  async seal(message: Sealable, body: string): Promise<Sealed> {
    const { epoch } = this.cache;
    return { ciphertext: await this.cipher.seal(message, body), epoch };
  }

  /**
   * Seals a new message before its transaction, which then waits for no key.
   *
   * @returns why it cannot be sealed, where a key is not there or not to be opened by this process
   */
  async sealNew(message: Sealable, body: string): Promise<Sealed | Error> {
    const { chatId, senderId, id } = message;
    const failure = await this.keys.preload([chatId, senderId], id);
    return failure ?? this.seal(message, body).catch(orMissing);
  }

  /** Keeps the body of a message that is stored as it was sealed. */
  remember(message: Message, { epoch }: Sealed): void {
    this.cache.keep(message, epoch);
  }

  forget(messageId: string): void {
    this.cache.delete(messageId);
  }

  /**
   * Opens what was read, and looks up its files. Others come in between where it is much.
   *
   * @param reads of the transaction that is under way, if one is
   */
  async openAll(messages: Message[], reads: Reads = this.database): Promise<void> {
    await this.openBodies(messages);
    const withFiles = messages.filter(lacksFiles);
    if (withFiles.length > 0) await this.addFiles(withFiles, reads);
  }

  private async openBodies(messages: Message[]): Promise<void> {
    const bytes = messages.reduce((sum, { ciphertext }) => sum + (ciphertext?.length ?? 0), 0);
    if (bytes > SHORT_BYTES) {
      await inSlices(messages, (message) => this.open(message));
      return;
    }
    const opening = messages.map((message) => this.open(message));
    const underway = opening.filter((one) => one instanceof Promise);
    if (underway.length > 0) await Promise.all(underway);
  }

  private async addFiles(messages: Message[], reads: Reads): Promise<void> {
    const ids = messages.map(({ id }) => id);
    const found = await this.attachments.ofMessages(ids, reads);
    for (const message of messages) {
      takeFiles(message, found.get(message.id)!);
      this.cache.keepFiles(message);
    }
  }

  /** A promise only where a key has to be loaded. */
  open(message: Message): Promise<void> | void {
    message.body = null;
    if (message.ciphertext === undefined) return; // not selected
    if (message.ciphertext === null && message.deletedAt !== null) {
      return this.cache.delete(message.id); // a tombstone
    }
    if (this.cache.fill(message)) return;
    const { epoch } = this.cache;
    return this.decrypt(message, (body) => {
      message.body = body;
      this.cache.keep(message, epoch);
    });
  }

  /** Loads in one query what these are to be opened with, where it is not in memory. */
  async loadKeys(messages: Message[]): Promise<void> {
    const owners = messages.flatMap(({ chatId, senderId }) => [chatId, senderId]);
    await this.keys.preload([...new Set(owners)]);
  }

  /** As `open`, for one who looks through many to show few: what others have opened stays in the cache. */
  openAside(message: Message): Promise<void> | void {
    message.body = null;
    if (message.ciphertext === null) return;
    if (this.cache.peek(message)) return;
    return this.decrypt(message, (body) => {
      message.body = body;
    });
  }

  private decrypt(message: Message, take: (body: string) => void): Promise<void> | void {
    try {
      const body = this.cipher.open(message, message.ciphertext ?? '');
      if (typeof body === 'string') return take(body);
      return body.then(take, (error: unknown) => markShut(message, error));
    } catch (error) {
      markShut(message, error);
    }
  }
}

/** Of a tombstone nobody asks. */
function lacksFiles({ attachmentCount, attachments, deletedAt }: Message): boolean {
  return attachmentCount > 0 && attachments === undefined && deletedAt === null;
}

function takeFiles(message: Message, { views, shut, failure }: AttachmentsOfMessage): void {
  message.attachments = views;
  if (failure) message.failure ??= failure;
  if (shut.length > 0) message.shutAttachments = shut;
}

function orMissing(error: unknown): Error {
  if (error instanceof KeyMissingError) return error;
  throw error;
}

/** Reported by the views, which know whether the author is erased. */
function markShut(message: Message, error: unknown): void {
  if (error instanceof KeyUnavailableError) message.failure = error;
  else if (error instanceof BodyUnreadableError) message.unreadable = true;
  else throw error;
}
