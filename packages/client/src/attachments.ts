import type { Api } from './calls.js';
import { Lanes } from './lanes.js';
import type { Outbox } from './outbox.js';
import { Problem } from './problem.js';
import type { ClientStorage } from './storage.js';
import { Tickets } from './tickets.js';
import type { Timers } from './timers.js';
import { isUnauthenticated, type Tokens, type Transport } from './transport.js';
import type { Transfer } from './upload.js';
import type { Attachment } from './types.js';
import { type UploadRecord, UploadRecords } from './upload-records.js';
import { drop, fileNeeded, UploadWork, type WorkParts } from './upload-work.js';

/** Longer than the server waits for a part and its place. */
const PART_MS = 90_000;

interface Parts {
  url: string;
  api: Api;
  tokens: Tokens;
  transport: Transport;
  storage: ClientStorage;
  timers: Timers;
}

/** Files of one user, loaded when there are some: most pages of a client need nothing of this. */
export class Attachments {
  private readonly records: UploadRecords;
  private readonly tickets: Tickets;
  private readonly lanes = new Lanes();
  private readonly underWay = new Set<Transfer>();
  private readonly known = new WeakSet<Transfer>();
  private isClosed = false;

  /** @param outbox has those wait that are to try again */
  constructor(
    private readonly parts: Parts,
    userId: string,
    private readonly outbox: Pick<Outbox, 'rest'>,
  ) {
    this.records = new UploadRecords(parts.storage, userId);
    this.tickets = new Tickets(parts.api, parts.timers, parts.tokens);
  }

  /** Brings a file to the server. @throws Problem */
  async carry(upload: Transfer, signal: AbortSignal): Promise<void> {
    if (this.isClosed) throw Problem.signedOut();
    if (!this.known.has(upload)) this.heed(upload);
    this.underWay.add(upload);
    const record = await this.records.find(upload);
    if (!record) throw fileNeeded(upload.attachment.file_name);
    upload.onEnd = (isSent) => void this.end(upload, record, isSent);
    if (signal.aborted) return this.end(upload, record, false);
    const work = new UploadWork(upload, record, signal, this.workParts);
    await work.run().catch((error: unknown) => {
      if (!upload.file) this.records.release(record); // whoever has the file may go on
      throw error;
    });
  }

  /** @returns null where there is none, or none any more */
  async url({ id }: Pick<Attachment, 'id'>, kind: 'content' | 'thumbnail'): Promise<string | null> {
    if (id === '') return null; // the server has not named it
    const ticket = await this.tickets.of(id);
    const path = kind === 'content' ? ticket?.url : ticket?.thumbnail_url;
    return path ? this.parts.url + path : null;
  }

  /** Stops everything, and lets go of it. */
  close(): void {
    this.isClosed = true;
    for (const upload of this.underWay) upload.stopping.abort();
    this.records.close();
  }

  private async end(upload: Transfer, record: UploadRecord, isSent: boolean): Promise<void> {
    this.underWay.delete(upload);
    if (!(await this.records.hold(record, upload.key))) return; // another one goes on with it
    await this.records.delete(upload.key);
    if (!isSent) await drop(this.parts.api, record);
    this.records.release(record);
  }

  /** What whoever began it wants to be told, and to tell. */
  private heed(upload: Transfer): void {
    const { onProgress, signal } = upload.options;
    this.known.add(upload);
    upload.subscribe(({ sent }) => onProgress?.(sent, upload.attachment.size));
    signal?.addEventListener('abort', () => upload.cancel());
    if (signal?.aborted) upload.cancel();
  }

  private get workParts(): WorkParts {
    const { parts, records, lanes, outbox } = this;
    const { api, timers } = parts;
    return {
      ...{ api, timers, records, lanes },
      put: (...part) => this.put(...part),
      isBusy: (but) =>
        [...this.underWay].some(
          (each) =>
            each !== but && each.attachment.id !== '' && each.getSnapshot().state === 'uploading',
        ),
      rest: (...why) => outbox.rest(...why),
    };
  }

  /** By no transport that keeps a copy to send it again. */
  private async put(path: string, body: ArrayBuffer, signal: AbortSignal): Promise<void> {
    const { url, tokens, transport } = this.parts;
    let token = await tokens.accessToken();
    for (let tries = 1; ; tries++) {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/octet-stream',
      };
      const request = new Request(url + path, { method: 'PUT', body, headers, signal });
      const answer = await transport.once(request, PART_MS);
      if (!(answer instanceof Problem)) return;
      if (tries > 1 || !isUnauthenticated(answer)) throw answer;
      token = await tokens.replace(token);
    }
  }
}
