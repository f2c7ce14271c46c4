import type { IncomingMessage } from 'node:http';
import type { S3Place } from '../../config/attachment-settings.js';
import type { Range } from '../../crypto/streaming-aead.js';
import { type BlobStore, MissingObjectError } from '../blob-store.js';
import { S3Connection } from './s3-connection.js';
import { S3Error, storeError } from './s3-error.js';
import { type ListedObject, parseList } from './s3-list.js';
import { piecesOf, textOf } from './s3-patience.js';

/** A list of a thousand names is a quarter of it. */
const MOST_LIST_BYTES = 2 ** 21;
const AT_ONCE = 8;

/** An object by the names that the store's users know. */
export interface StoredObject {
  fileId: string;
  name: string;
  bytes: number;
}

/** `<prefix>/<id>/<name>` in a bucket of S3, or of what speaks like it. */
export class S3Store implements BlobStore {
  private readonly s3: S3Connection;
  private readonly prefix: string;

  constructor(place: S3Place, stallMs?: number) {
    this.s3 = new S3Connection(place, stallMs);
    this.prefix = place.prefix && `${place.prefix}/`;
  }

  /** How much there is it does not tell. */
  requireSpace(): Promise<void> {
    return Promise.resolve();
  }

  async requireReady(): Promise<void> {
    await this.doing(() => this.page({ 'max-keys': '1', prefix: this.prefix }));
  }

  put(fileId: string, name: string, size: number, bytes: AsyncIterable<Buffer>): Promise<void> {
    return this.doing(() => this.s3.put(this.keyOf(fileId, name), size, bytes));
  }

  async *read(fileId: string, name: string, ...ranges: Range[]): AsyncGenerator<Buffer> {
    for (const range of ranges) yield* this.readRange(fileId, name, range);
  }

  /** Goes on by itself where the connection is cut on the way, as long as each one brings something. */
  private async *readRange(
    fileId: string,
    name: string,
    { start, end }: Range,
  ): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const begun = at;
      try {
        for await (const piece of this.readOnce(fileId, name, { start: at, end })) {
          at += piece.length;
          yield piece;
        }
        return;
      } catch (error) {
        const isCut = error instanceof S3Error && error.isPassing;
        if (!isCut || at === begun) throw storeError(error);
      }
    }
  }

  async list(fileId: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.objects(fileId)) names.push(name);
    return names;
  }

  async remove(fileId: string, names: string[]): Promise<void> {
    const left = [...names];
    const work = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        await this.delete(this.keyOf(fileId, name));
      }
    };
    await this.doing(() => Promise.all(Array.from({ length: AT_ONCE }, work)));
  }

  async removeAll(fileId: string): Promise<void> {
    await this.remove(fileId, await this.list(fileId));
  }

  /** All there is, or all of a file. @throws StoreAwayError */
  async *objects(fileId?: string): AsyncGenerator<StoredObject> {
    const prefix = this.prefix + (fileId === undefined ? '' : `${fileId}/`);
    let token: string | undefined;
    do {
      const query = { prefix, ...(token !== undefined && { 'continuation-token': token }) };
      const { objects, next } = await this.doing(() => this.page(query));
      for (const { key, bytes } of objects) {
        const [id, name, ...more] = key.slice(this.prefix.length).split('/');
        if (name && more.length === 0) yield { fileId: id, name, bytes };
      }
      token = next;
    } while (token !== undefined);
  }

  private async page(
    query: Record<string, string>,
  ): Promise<{ objects: ListedObject[]; next: string | undefined }> {
    const answer = await this.s3.ask('GET', '', { query: { 'list-type': '2', ...query } });
    return parseList(await textOf(answer, MOST_LIST_BYTES, this.s3.stallMs));
  }

  private async *readOnce(fileId: string, name: string, range: Range): AsyncGenerator<Buffer> {
    const answer = await this.answerTo(fileId, name, range);
    if (answer === undefined) return;
    try {
      const end = endOf(answer, range);
      let at = range.start;
      for await (const piece of piecesOf(answer, this.s3.stallMs)) {
        at += piece.length;
        if (at > end) throw S3Error.wrong('sends more of a range than it said');
        yield piece;
      }
      if (at < end) throw S3Error.wrong('sends less of a range than it said');
    } finally {
      if (!answer.complete) answer.destroy();
    }
  }

  /** Undefined where the object ends before. */
  private async answerTo(
    fileId: string,
    name: string,
    { start, end }: Range,
  ): Promise<IncomingMessage | undefined> {
    const headers = { range: `bytes=${start}-${end - 1}` };
    try {
      return await this.s3.ask('GET', this.keyOf(fileId, name), { headers });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      if (error.code === 'NoSuchKey') throw new MissingObjectError(fileId, name);
      if (error.status === 416) return undefined;
      throw error;
    }
  }

  private async delete(key: string): Promise<void> {
    try {
      const answer = await this.s3.ask('DELETE', key);
      await textOf(answer, MOST_LIST_BYTES, this.s3.stallMs);
    } catch (error) {
      if (!(error instanceof S3Error && error.code === 'NoSuchKey')) throw error;
    }
  }

  private keyOf(fileId: string, name: string): string {
    return `${this.prefix}${fileId}/${name}`;
  }

  /** @throws StoreAwayError, StoreFullError */
  private async doing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeError(error);
    }
  }
}

/** Where what is sent ends: at the end of what was asked for, or of the object. */
function endOf({ statusCode, headers }: IncomingMessage, { start, end }: Range): number {
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const to = Math.min(end, Number(total));
  const length = Number(headers['content-length'] ?? to - start);
  const isRight = Number(first) === start && Number(last) === to - 1 && length === to - start;
  if (statusCode !== 206 || !isRight) throw S3Error.wrong('answers with another range');
  return to;
}
