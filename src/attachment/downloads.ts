import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Range } from '../crypto/streaming-aead.js';
import { FileUnreadableError } from '../encryption/encryption.errors.js';
import type { AuthUser } from '../http/current-user.js';
import { AttachmentAccess } from './attachment-access.js';
import {
  AttachmentNotFoundError,
  SlowReaderError,
  UnsatisfiableRangeError,
} from './attachment.errors.js';
import { rangeOf } from './byte-range.js';
import { FileFactsCipher } from './file-facts.js';
import { fileHeaders, lengthHeaders, type SentFile } from './file-headers.js';
import { FileReader, type OpenedFile } from './file-reader.js';
import { DOWNLOADS, Transfers } from './transfers.js';

const PIECE_BYTES = 65_536;
/** What a reader takes at least, while others wait for a place; from ten seconds on. */
const LEAST_BYTES_A_SECOND = 65_536;
const GRACE_MS = 10_000;
/**
 * Who takes nothing for so long stands still. Linux takes up to 4 MB for a reader, and more only once a third of
 * that is read (1.4 MB, as measured), which at the least pace is 22 seconds.
 */
const STILL_MS = 25_000;
const LOOK_EVERY_MS = 1000;
const THUMBNAIL_TYPE = 'image/webp';

export type What = 'content' | 'thumbnail';

/** How a reader takes what is sent; times in milliseconds since 1970. */
interface Pace {
  begun: number;
  /** Infinity while the store is waited for, not the reader. */
  takenAt: number;
  sent: number;
}

/** What is to be sent of a file. */
interface Sending {
  sent: SentFile;
  bytes: (range: Range) => AsyncGenerator<Buffer>;
}

/** Sends files, in full or a range, opened on their way from the store. */
@Injectable()
export class Downloads {
  readonly transfers = new Transfers(DOWNLOADS);
  /** Bytes handed over since the start. */
  bytes = 0;
  /** Parts that did not open though their file has not ended, since the start. */
  unreadable = 0;

  constructor(
    private readonly access: AttachmentAccess,
    private readonly facts: FileFactsCipher,
    private readonly reader: FileReader,
  ) {}

  /**
   * @throws AttachmentNotFoundError, UnsatisfiableRangeError, TooManyTransfersError,
   *   TransfersOverloadedError, StoreAwayError, FileUnreadableError
   */
  async send(user: AuthUser, id: string, what: What, reply: FastifyReply): Promise<void> {
    const { request } = reply;
    const { sent, bytes } = await this.find(user, id, what, request.ticketExpiresAt);
    if (isKnown(request.headers['if-none-match'], sent.etag)) {
      return void reply.code(304).headers(fileHeaders(sent)).send();
    }
    const isHead = request.method === 'HEAD';
    const range = isHead ? undefined : this.rangeFor(request, sent, reply); // RFC 9110, section 14.2
    const headers = { ...fileHeaders(sent), ...lengthHeaders(range, sent.size) };
    if (isHead) return void reply.headers(headers).send(Readable.from([])); // else its length is 0
    const whole = { start: 0, end: sent.size };
    const body = await this.open(user.id, id, bytes(range ?? whole), range ?? whole, request);
    void reply
      .code(range ? 206 : 200)
      .headers(headers)
      .send(body);
  }

  private rangeFor(
    { headers }: FastifyRequest,
    { etag, size }: SentFile,
    reply: FastifyReply,
  ): Range | undefined {
    const { 'if-range': ifRange = etag } = headers;
    try {
      return ifRange === etag ? rangeOf(headers.range, size) : undefined;
    } catch (error) {
      if (error instanceof UnsatisfiableRangeError)
        void reply.header('content-range', `bytes */${size}`);
      throw error;
    }
  }

  private async find(user: AuthUser, id: string, what: What, expiresAt?: Date): Promise<Sending> {
    const [file, parts] = await this.access.requireReadableParts(user.id, id);
    if (file.state !== 'complete') throw new AttachmentNotFoundError();
    const isThumbnail = what === 'thumbnail';
    if (isThumbnail && file.thumbnailSize === null) throw new AttachmentNotFoundError();
    const facts = await this.facts.open(file).catch(async (error: unknown) => {
      throw await this.faultOf(error, user.id, id);
    });
    const opened: OpenedFile = { file, facts, parts };
    return {
      sent: {
        name: isThumbnail ? `${facts.file_name}.webp` : facts.file_name,
        type: isThumbnail ? THUMBNAIL_TYPE : facts.content_type,
        size: isThumbnail ? file.thumbnailSize! : file.size,
        etag: isThumbnail ? `"${id}-t"` : `"${id}"`,
        expiresAt,
      },
      bytes: (range) => this.reader[what](opened, range),
    };
  }

  /**
   * Begins to read before anything is answered: what does not open is an error, not half a file.
   *
   * @returns what comes at once as it is, such as a small file
   */
  private async open(
    userId: string,
    id: string,
    bytes: AsyncGenerator<Buffer>,
    { start, end }: Range,
    { raw }: FastifyRequest,
  ): Promise<Readable | Buffer> {
    const giveBack = await this.transfers.take(userId);
    const close = (): void => {
      giveBack();
      bytes.return(undefined).catch(() => undefined); // nobody else does where nothing was sent
    };
    try {
      const first = await bytes.next();
      if (!first.done && first.value.length === end - start) {
        close();
        this.bytes += first.value.length;
        return first.value;
      }
      const options = { objectMode: false, highWaterMark: PIECE_BYTES };
      const pace = { begun: Date.now(), takenAt: Date.now(), sent: 0 };
      const stream = Readable.from(this.counted(userId, id, pace, first, bytes), options);
      const watch = setInterval(() => {
        if (this.isSlow(pace)) stream.destroy(new SlowReaderError());
      }, LOOK_EVERY_MS).unref();
      stream.once('close', () => {
        clearInterval(watch);
        close();
      });
      if (raw.destroyed) stream.destroy(); // nobody waits any more
      return stream;
    } catch (error) {
      giveBack();
      throw await this.faultOf(error, userId, id);
    }
  }

  private async faultOf(error: unknown, userId: string, id: string): Promise<unknown> {
    const fault = await this.access.faultOf(error, userId, id);
    if (fault instanceof FileUnreadableError) this.unreadable++;
    return fault;
  }

  /** Where others wait, also one who takes nothing. */
  private isSlow({ begun, takenAt, sent }: Pace): boolean {
    if (this.transfers.waiting === 0) return false;
    const now = Date.now();
    const least = ((now - begun - GRACE_MS) / 1000) * LEAST_BYTES_A_SECOND;
    return sent < least || now - takenAt > STILL_MS;
  }

  private async *counted(
    userId: string,
    id: string,
    pace: Pace,
    first: IteratorResult<Buffer, void>,
    rest: AsyncGenerator<Buffer>,
  ): AsyncGenerator<Buffer> {
    try {
      for (let next = first; !next.done; next = await rest.next()) {
        this.bytes += next.value.length;
        pace.sent += next.value.length;
        pace.takenAt = Date.now();
        yield next.value;
        pace.takenAt = Infinity;
      }
    } catch (error) {
      throw await this.faultOf(error, userId, id);
    } finally {
      await rest.return(undefined);
    }
  }
}

/** Whether the client has it: by `*`, or one of a list of tags, weak ones too (RFC 9110, section 13.1.2). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
