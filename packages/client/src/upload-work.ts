import type { Api } from './calls.js';
import type { Lanes } from './lanes.js';
import { Problem } from './problem.js';
import type { components } from './schema.js';
import { pause, Pauses, type Timers } from './timers.js';
import { answerOf } from './transport.js';
import { CANCELLED, type Transfer, type UploadState } from './upload.js';
import type { UploadRecord, UploadRecords } from './upload-records.js';

const CHECK_MS = 1000;
const NAME_LENGTH = 255;
/** What the server takes in no name: control characters, and those that turn the direction of text. */
const NOT_IN_NAMES = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu;
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}$/;

type StoredUpload = components['schemas']['Attachment'];

export interface WorkParts {
  api: Api;
  records: UploadRecords;
  lanes: Lanes;
  timers: Timers;
  /** Sends a part. @throws Problem */
  put: (path: string, bytes: ArrayBuffer, signal: AbortSignal) => Promise<void>;
  /** Whether another one is on its way, whose end makes room. */
  isBusy: (but: Transfer) => boolean;
  /** Until it is worth trying again. */
  rest: (problem: Problem, pauses: Pauses) => Promise<void>;
}

/** Brings one file to the server, from wherever it was cut. */
export class UploadWork {
  private readonly pauses = new Pauses(1000, 30_000);
  private hasTidied = false;
  private isAsked = false;

  constructor(
    private readonly upload: Transfer,
    private readonly record: UploadRecord,
    private readonly signal: AbortSignal,
    private readonly parts: WorkParts,
  ) {}

  /** @throws Problem that does not pass */
  async run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        const stored = await this.look();
        this.note(stored);
        if (stored.state === 'complete') return;
        if (stored.state === 'uploading') await this.putMissing(stored);
        else await pause(this.parts.timers, CHECK_MS, this.signal);
      } catch (error) {
        if (!(await this.tidied(error))) await this.rest(Problem.from(error));
      }
    }
    // It may have begun though nothing was answered.
    if (this.signal.reason === CANCELLED && this.isAsked && this.record.id === null)
      await this.begin().catch(() => undefined);
  }

  private async rest(problem: Problem): Promise<void> {
    if (this.signal.aborted) return;
    // By now all parts are there: an answer was lost.
    const isOver = problem.type === 'urn:conclave:problem:attachment-state';
    const isFull =
      problem.type === 'urn:conclave:problem:quota-exceeded' && this.parts.isBusy(this.upload);
    if (!problem.isPassing && !isOver && !isFull) throw problem;
    if (!isOver) this.report({ problem });
    await this.parts.rest(problem, this.pauses);
  }

  /** How far it is; one that has ended, or was sent, is begun anew. */
  private async look(): Promise<StoredUpload> {
    const { record, upload, parts } = this;
    if (record.id !== null) {
      const params = { path: { attachment_id: record.id } };
      const known = await answerOf(parts.api.GET('/attachment/{attachment_id}', { params })).catch(
        unless('not-found'),
      );
      if (known?.expires_at) return this.able(known);
      // Its message was sent by a page that is gone; with a file it is for another one.
      if (known && !upload.file) return known;
    }
    if (!upload.file) throw fileNeeded(record.name);
    if (record.id === null) {
      const begun = await this.begin().catch(unless('client-id-reused'));
      if (begun?.expires_at) return begun;
    }
    upload.attachment = { ...upload.attachment, id: '' }; // until it has another one it keeps nobody waiting
    await parts.records.rename(record, upload.key);
    return this.begin();
  }

  /** What is missing of it is in the file alone. */
  private able(stored: StoredUpload): StoredUpload {
    if (stored.state === 'uploading' && !this.upload.file) throw fileNeeded(this.record.name);
    return stored;
  }

  private async begin(): Promise<StoredUpload> {
    const { upload, record, parts } = this;
    const { content_type } = upload.attachment;
    const body = {
      chat_id: record.chatId,
      file_name: nameFor(record.name),
      size: record.size,
      client_id: record.clientId,
      ...(MEDIA_TYPE.test(content_type) && { content_type }),
    };
    this.isAsked = true;
    const stored = await answerOf(parts.api.POST('/attachment/', { body }));
    record.id = stored.id;
    record.until = stored.expires_at;
    if (this.signal.reason === CANCELLED)
      await drop(parts.api, record); // while it was named
    else await parts.records.write(upload.key, record);
    return stored;
  }

  private note({ id, file_name, content_type, size, state, ...stored }: StoredUpload): void {
    const { upload } = this;
    upload.attachment = { ...upload.attachment, id, file_name, content_type };
    const bytesOf = (n: number): number => bytesOfPart(stored, size, n).length;
    const there = stored.parts.reduce((sum, n) => sum + bytesOf(n), 0);
    this.report({ sent: state === 'uploading' ? there : size, problem: null });
  }

  /** What was cancelled is told of already, and may have begun anew. */
  private report(news: Partial<UploadState>): void {
    if (!this.signal.aborted) this.upload.report(news);
  }

  /** After one that fails no other one is begun. */
  private async putMissing(stored: StoredUpload): Promise<void> {
    const all = Array.from({ length: stored.part_count }, (_, i) => i + 1);
    const missing = all.filter((n) => !stored.parts.includes(n));
    let failed: Problem | undefined;
    const next = async (): Promise<void> => {
      const n = failed || this.signal.aborted ? undefined : missing.shift();
      if (n !== undefined) await this.put(stored, n);
    };
    const some = async (): Promise<void> => {
      // One after the other, so that those of other files have their turns too.
      while (missing.length > 0 && !failed && !this.signal.aborted)
        await this.parts.lanes
          .use(next)
          .catch((error: unknown) => (failed ??= Problem.from(error)));
    };
    await Promise.all([some(), some(), some()]);
    if (failed) throw failed;
  }

  private async put(stored: StoredUpload, n: number): Promise<void> {
    const { upload, record, signal } = this;
    const { start, length } = bytesOfPart(stored, stored.size, n);
    const part = upload.file!.slice(start, start + length);
    const bytes = await part.arrayBuffer().catch((cause: unknown) => {
      throw fileNeeded(record.name, cause); // changed since, or gone
    });
    await this.parts.put(`/attachment/${stored.id}/parts/${n}`, bytes, signal);
    this.pauses.reset();
    this.report({ sent: upload.getSnapshot().sent + length, problem: null });
  }

  /** Where uploads that nobody goes on with take all the space, they go. @returns whether some have */
  private async tidied(error: unknown): Promise<boolean> {
    const { type } = Problem.from(error);
    if (type !== 'urn:conclave:problem:quota-exceeded' || this.hasTidied) return false;
    this.hasTidied = true;
    const left = await this.parts.records.takeLeft(this.upload.key);
    for (const record of left) await drop(this.parts.api, record);
    return left.length > 0;
  }
}

/** Ends it at the server, unless that cannot be reached: then it goes by itself. */
export async function drop(api: Api, { id }: UploadRecord): Promise<void> {
  if (id === null) return;
  const params = { path: { attachment_id: id } };
  await api.DELETE('/attachment/{attachment_id}', { params }).catch(() => undefined);
}

export function fileNeeded(name: string, cause?: unknown): Problem {
  const detail = `“${name}” is not uploaded whole, and is not here any more. Choose it again.`;
  return Problem.own('file-needed', 400, detail, { cause });
}

function bytesOfPart(
  { part_size }: Pick<StoredUpload, 'part_size'>,
  size: number,
  n: number,
): { start: number; length: number } {
  const start = (n - 1) * part_size;
  return { start, length: Math.min(part_size, size - start) };
}

/** As the server takes it: its end is kept, which says what it is. */
function nameFor(name: string): string {
  const letters = [...name.replace(NOT_IN_NAMES, '')];
  return letters.slice(-NAME_LENGTH).join('').trim() || 'file';
}

/** Nothing, where the server says just that. */
function unless(type: 'not-found' | 'client-id-reused'): (error: unknown) => null {
  return (error) => {
    if (Problem.from(error).type !== `urn:conclave:problem:${type}`) throw error;
    return null;
  };
}
