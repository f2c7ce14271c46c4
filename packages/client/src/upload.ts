import { Problem } from './problem.js';
import { type Readable, Variable } from './readable.js';
import { newId } from './ids.js';
import type { Attachment } from './types.js';

/** Why an upload was stopped that nobody wants any more. */
export const CANCELLED = 'cancelled';

export interface UploadState {
  /** `failed`: the server refuses it, it was cancelled, or its file is not here any more. */
  readonly state: 'uploading' | 'complete' | 'failed';
  /** Bytes that the server has. */
  readonly sent: number;
  /** Why it has failed, or why it waits. */
  readonly problem: Problem | null;
}

export interface UploadOptions {
  /** Told of each part that the server has. */
  onProgress?: (sentBytes: number, size: number) => void;
  /** Cancels it. */
  signal?: AbortSignal;
}

/** A file that is to be sent with a message. */
export interface Upload extends Readable<UploadState> {
  /** For lists of a page. */
  readonly key: string;
  /** What is known of it; its `id` is `''` until the server has named it. */
  readonly attachment: Attachment;
  /** Null where the page was loaded anew since. */
  readonly file: Blob | null;
  /** Resolves once the server has all of it. */
  readonly done: Promise<Attachment>;
  /** Tries one again that has failed. @returns `done` */
  retry(): Promise<Attachment>;
  /** Ends it, here and at the server; a message that has it is not sent. */
  cancel(): void;
}

/** What a page leaves of an upload whose message is not sent yet. */
export type KeptUpload = Pick<Transfer, 'key' | 'chatId' | 'attachment'>;

/** Brings the file to the server. @throws Problem */
export type Carry = (upload: Transfer, signal: AbortSignal) => Promise<void>;

/** An upload, as the client has it. */
export class Transfer extends Variable<UploadState> implements Upload {
  done!: Promise<Attachment>;
  /** What there is to do once it was sent or is not wanted any more. */
  onEnd?: (isSent: boolean) => void;
  stopping!: AbortController;

  constructor(
    readonly chatId: string,
    public attachment: Attachment,
    private readonly carry: Carry,
    readonly key = newId(),
    readonly file: Blob | null = null,
    readonly options: UploadOptions = {},
  ) {
    super({ state: 'failed', sent: 0, problem: null });
    void this.retry();
  }

  retry(): Promise<Attachment> {
    if (this.getSnapshot().state !== 'failed') return this.done;
    this.stopping = new AbortController();
    this.done = this.run(this.stopping.signal);
    this.done.catch(() => undefined); // its state tells too
    return this.done;
  }

  cancel(): void {
    this.stopping.abort(CANCELLED);
    this.onEnd?.(false);
  }

  toJSON(): KeptUpload {
    const { key, chatId, attachment } = this;
    return { key, chatId, attachment };
  }

  report(news: Partial<UploadState>): void {
    this.set({ ...this.getSnapshot(), ...news });
  }

  private async run(signal: AbortSignal): Promise<Attachment> {
    this.report({ state: 'uploading', problem: null });
    try {
      await new Promise<void>((resolve, reject) => {
        signal.onabort = () => reject(Problem.own('cancelled', 400, 'The upload was cancelled.'));
        this.carry(this, signal).then(resolve, reject);
      });
      this.report({ state: 'complete', problem: null });
      return this.attachment;
    } catch (error) {
      this.report({ state: 'failed', problem: Problem.from(error) });
      throw error;
    }
  }
}

/** As far as a client can tell. */
export function attachmentOf(file: Blob): Attachment {
  return {
    id: '',
    file_name: (file as Partial<File>).name || 'file',
    content_type: file.type || 'application/octet-stream',
    size: file.size,
    width: null,
    height: null,
    has_thumbnail: false,
  };
}
