import { Inject, Injectable } from '@nestjs/common';
import { LockedRooms } from '../chat/locked-rooms.js';
import { Settings } from '../config/settings.js';
import { newId } from '../crypto/ids.js';
import { DatabaseClock } from '../database/database-clock.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import { ClientKeys } from '../encryption/client-keys.js';
import { KeyMissingError } from '../encryption/encryption.errors.js';
import type { AuthUser } from '../http/current-user.js';
import { AttachmentAccess } from './attachment-access.js';
import { AttachmentEnds } from './attachment-ends.js';
import {
  type AttachmentRow,
  findParts,
  lockAttachments,
  type StoredAttachment,
  toAttachment,
} from './attachment-rows.js';
import { FIND_REPEATED, INSERT_ATTACHMENT, RESERVE_SPACE } from './attachment-statements.js';
import { AttachmentDto, type NewAttachmentDto } from './attachment.dto.js';
import {
  AttachmentNotFoundError,
  AttachmentStateError,
  FileTooLargeError,
  QuotaExceededError,
  RepeatedUploadError,
} from './attachment.errors.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';
import {
  type FileFacts,
  FileFactsCipher,
  newFileKey,
  partCountOf,
  UNKNOWN_TYPE,
} from './file-facts.js';

/** So long one may take until it is sent. */
const UNSENT_MS = 24 * 3_600_000;
const MOST_UNFINISHED = 10;

export interface Begun {
  attachment: AttachmentDto;
  isRepeat: boolean;
}

/** Begins, shows and ends uploads. */
@Injectable()
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly access: AttachmentAccess,
    private readonly facts: FileFactsCipher,
    private readonly ends: AttachmentEnds,
    private readonly clientKeys: ClientKeys,
    private readonly clock: DatabaseClock,
    private readonly settings: Settings,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /**
   * Makes an upload, and reserves its size of the user's quota.
   *
   * @throws FileTooLargeError, QuotaExceededError, ChatNotFoundError, StoreFullError
   * @throws RepeatedUploadError when its `client_id` stands for another file
   */
  async begin({ id: userId }: AuthUser, dto: NewAttachmentDto): Promise<Begun> {
    this.clock.requireRight();
    const { maxBytes } = this.settings.attachments!;
    if (dto.size > maxBytes) throw new FileTooLargeError(maxBytes);
    await this.store.requireSpace();
    const { chat_id: chatId, client_id: clientId = null } = dto;
    const clientKey = clientId === null ? null : await this.clientKeys.of(chatId, userId, clientId);
    const file = newFile({ chatId, uploaderId: userId, clientKey, size: dto.size });
    const facts = newFacts(dto);
    const sealed = await this.facts.seal(file, facts).catch(orMissing);
    const first = await this.database.write((tx) => this.insert(tx, file, sealed));
    if (first) return { attachment: await this.repeat(userId, first, facts), isRepeat: true };
    return { attachment: AttachmentDto.of(file, facts, []), isRepeat: false };
  }

  /** @throws AttachmentNotFoundError */
  async get({ id: userId }: AuthUser, id: string): Promise<AttachmentDto> {
    const file = await this.access.requireReadable(userId, id);
    const isOwn = file.uploaderId === userId;
    return this.show(userId, file, isOwn ? await this.partsOf(id) : []);
  }

  /**
   * Ends an upload that no message has, also of one who may not see its room any more.
   *
   * @throws AttachmentNotFoundError, AttachmentStateError
   */
  async drop({ id: userId }: AuthUser, id: string): Promise<void> {
    await this.database.write(async (tx) => {
      const [file] = await lockAttachments(tx, [id]);
      if (file?.uploaderId !== userId || file.state === 'ended')
        throw new AttachmentNotFoundError();
      if (file.messageId !== null) throw AttachmentStateError.attached();
      this.ends.end(tx, [file]);
    });
  }

  /** @returns the one that stands there already under this `client_id` */
  private async insert(
    tx: Transaction,
    file: StoredAttachment,
    sealed: string | Error,
  ): Promise<StoredAttachment | undefined> {
    const { chatId, uploaderId: userId, clientKey, size } = file;
    const seat = { chatId, userId };
    (await LockedRooms.lock(tx, [seat])).requireReader(seat);
    const known = await tx.rows<AttachmentRow>(FIND_REPEATED, [chatId, userId, clientKey]);
    const [first] = known.map(toAttachment);
    if (first) return first;
    if (sealed instanceof Error) throw sealed;
    const { quotaBytes } = this.settings.attachments!;
    const reserved = await tx.rows(RESERVE_SPACE, [userId, size, quotaBytes, MOST_UNFINISHED]);
    if (reserved.length === 0) throw new QuotaExceededError();
    const row = {
      id: file.id,
      chat_id: chatId,
      uploader_id: userId,
      client_key: clientKey,
      state: file.state,
      sealed,
      size,
      part_count: file.partCount,
      created_at: Date.now(),
      remove_at: file.removeAt!.getTime(),
    };
    tx.commitWith({ statement: INSERT_ATTACHMENT, lists: [[row]] });
    return undefined;
  }

  private async repeat(
    userId: string,
    first: StoredAttachment,
    asked: FileFacts,
  ): Promise<AttachmentDto> {
    if (first.state === 'ended') throw new RepeatedUploadError();
    const { file_name } = await this.factsOf(userId, first);
    if (first.size !== asked.size || file_name !== asked.file_name) throw new RepeatedUploadError();
    return this.show(userId, first, await this.partsOf(first.id));
  }

  private async show(
    userId: string,
    file: StoredAttachment,
    parts: number[],
  ): Promise<AttachmentDto> {
    return AttachmentDto.of(file, await this.factsOf(userId, file), parts);
  }

  private factsOf(userId: string, file: StoredAttachment): Promise<FileFacts> {
    return this.facts.open(file).catch(async (error: unknown) => {
      throw await this.access.faultOf(error, userId, file.id);
    });
  }

  private async partsOf(id: string): Promise<number[]> {
    return [...(await findParts(this.database, id)).keys()].filter((number) => number > 0);
  }
}

function newFile(
  given: Pick<StoredAttachment, 'chatId' | 'uploaderId' | 'clientKey' | 'size'>,
): StoredAttachment {
  return {
    id: newId(),
    ...given,
    state: 'uploading',
    sealed: null,
    partCount: partCountOf(given.size),
    thumbnailSize: null,
    messageId: null,
    position: null,
    removeAt: new Date(Date.now() + UNSENT_MS),
  };
}

function newFacts({ file_name, size, content_type }: NewAttachmentDto): FileFacts {
  const type = content_type?.split(';')[0].trim().toLowerCase() ?? UNKNOWN_TYPE;
  return { key: newFileKey(), file_name, content_type: type, size, width: null, height: null };
}

/** The transaction tells why there is no key: the room or the account is gone. */
function orMissing(error: unknown): Error {
  if (error instanceof KeyMissingError) return error;
  throw error;
}
