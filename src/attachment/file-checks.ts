import { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { sealedSize, sealStream } from '../crypto/streaming-aead.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import {
  attachmentUpdate,
  findAttachments,
  findParts,
  lockAttachments,
  type Parts,
} from './attachment-rows.js';
import { GIVE_SPACE_BACK, PUT_PARTS, UPDATE_ATTACHMENTS } from './attachment-statements.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';
import {
  type FileFacts,
  FileFactsCipher,
  newObject,
  objectName,
  partKey,
  UNKNOWN_TYPE,
} from './file-facts.js';
import { FileReader, type OpenedFile } from './file-reader.js';
import { HEAD_BYTES, isPicture, SHOWN_TYPES, typeOfBytes } from './file-types.js';
import { Thumbnails } from './thumbnails.js';

/** What a check has found. */
interface Found {
  facts: FileFacts;
  thumbnail?: Buffer;
}

/** What becomes of a file by it. */
interface Checked {
  sealed: string;
  thumbnail?: { object: string; size: number };
}

const THUMBNAIL = 0;

/** Looks at files of which all parts are there, and completes them. */
@Injectable()
export class FileChecks {
  private readonly logger = new Logger(FileChecks.name);

  constructor(
    private readonly database: Database,
    private readonly facts: FileFactsCipher,
    private readonly reader: FileReader,
    private readonly thumbnails: Thumbnails,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /**
   * Completes a file; one that is complete, or has ended, stays as it is. No part is put any more: what
   * else there is of it was left by uploads and checks that were broken off, and goes.
   */
  async check(id: string): Promise<void> {
    const [file] = await findAttachments(this.database, [id]);
    if (file?.state !== 'checking') return;
    const opened: OpenedFile = {
      file,
      facts: await this.facts.open(file),
      parts: await findParts(this.database, id),
    };
    const hasThumbnails = await this.removeStrays(opened);
    const { facts, thumbnail } = await this.look(opened);
    const checked: Checked = {
      thumbnail: thumbnail && (await this.keep(opened, thumbnail)),
      sealed: await this.facts.seal(file, facts),
    };
    const isFirst = await this.database.write((tx) => this.complete(tx, id, checked));
    if (hasThumbnails || !isFirst) await this.quietly(id, () => this.removeThumbnails(id));
  }

  /**
   * Before it is complete, so that a crash leaves nothing: an object that is none of its parts will not
   * be one any more.
   *
   * @returns whether there are thumbnails too, which who checks it at the same time may have made
   */
  private async removeStrays({ file: { id }, parts }: OpenedFile): Promise<boolean> {
    const named = namesOf(parts);
    let hasThumbnails = false;
    await this.quietly(id, async () => {
      const all = await this.store.list(id);
      hasThumbnails = all.some(isThumbnail);
      const strays = all.filter((name) => !named.includes(name) && !isThumbnail(name));
      if (strays.length > 0) await this.store.remove(id, strays);
    });
    return hasThumbnails;
  }

  /** Those that do not count: who checked it at the same time may have been first. */
  private async removeThumbnails(id: string): Promise<void> {
    const named = namesOf(await findParts(this.database, id));
    const left = (await this.store.list(id)).filter((name) => !named.includes(name));
    await this.store.remove(id, left.filter(isThumbnail));
  }

  /** What stays goes with the file. */
  private async quietly(id: string, work: () => Promise<void>): Promise<void> {
    await work().catch((err: unknown) => {
      this.logger.warn({ event: 'attachment.left_over', attachment_id: id, err });
    });
  }

  private async look(opened: OpenedFile): Promise<Found> {
    const { file, facts } = opened;
    const type = typeOfBytes(await this.head(opened));
    const content_type = type ?? honest(facts.content_type);
    if (!isPicture(type)) return { facts: { ...facts, content_type } };
    const whole = { start: 0, end: file.size };
    const read = (): AsyncGenerator<Buffer> => this.reader.content(opened, whole);
    const picture = await this.thumbnails.look(file.uploaderId, file.size, read);
    const { width = null, height = null, thumbnail } = picture ?? {};
    return { facts: { ...facts, content_type, width, height }, thumbnail };
  }

  /** Stores a thumbnail, sealed like a part. */
  private async keep(
    { file, facts }: OpenedFile,
    thumbnail: Buffer,
  ): Promise<Checked['thumbnail']> {
    const [object, size] = [newObject(), thumbnail.length];
    const bytes = sealStream(partKey(file, facts, THUMBNAIL), Readable.from([thumbnail]));
    await this.store.put(file.id, objectName(THUMBNAIL, object), sealedSize(size), bytes);
    return { object, size };
  }

  private async head(opened: OpenedFile): Promise<Buffer> {
    const range = { start: 0, end: Math.min(HEAD_BYTES, opened.file.size) };
    const pieces: Buffer[] = [];
    for await (const piece of this.reader.content(opened, range)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** @returns false where another one was first */
  private async complete(
    tx: Transaction,
    id: string,
    { sealed, thumbnail }: Checked,
  ): Promise<boolean> {
    const [file] = await lockAttachments(tx, [id]);
    if (file?.state !== 'checking') return false;
    const thumbnailSize = thumbnail?.size ?? null;
    const update = attachmentUpdate({ ...file, state: 'complete', sealed, thumbnailSize });
    const space = { id: file.uploaderId, attachment_bytes: 0, upload_count: 1 };
    if (thumbnail) {
      const part = { attachment_id: id, number: THUMBNAIL, object: thumbnail.object };
      tx.commitWith({ statement: PUT_PARTS, lists: [[part]] });
    }
    tx.commitWith(
      { statement: UPDATE_ATTACHMENTS, lists: [[update]] },
      { statement: GIVE_SPACE_BACK, lists: [[space]] },
    );
    return true;
  }
}

function namesOf(parts: Parts): string[] {
  return [...parts].map(([part, object]) => objectName(part, object));
}

/** By the name of an object, or of what is not one yet. */
function isThumbnail(name: string): boolean {
  return name.startsWith(objectName(THUMBNAIL, ''));
}

/** What is said to be shown and is not by its bytes, is nothing that is known. */
function honest(declared: string): string {
  return SHOWN_TYPES.some((type) => type === declared) ? UNKNOWN_TYPE : declared;
}
