import { newId } from './ids.js';
import type { ClientStorage } from './storage.js';
import { hold } from './tabs.js';
import type { Transfer } from './upload.js';

/** What is kept of an upload, so that the same file goes on where it was cut. */
export interface UploadRecord {
  /** Its name at the server, the same as long as it is the same upload. */
  clientId: string;
  /** As soon as the server has named it. */
  id: string | null;
  chatId: string;
  name: string;
  size: number;
  /** When the file was changed last. */
  modified: number | null;
  /** When the server drops it unless it is sent. */
  until: string | null;
}

interface Holder {
  key: string;
  release: () => void;
}

/** The uploads of one user that are not sent yet; each is the work of one tab, and of one upload in it. */
export class UploadRecords {
  private readonly holders = new Map<string, Holder>();
  private readonly prefix: string;
  private isClosed = false;

  constructor(
    private readonly storage: ClientStorage,
    userId: string,
  ) {
    this.prefix = `upload/${userId}/`;
  }

  /**
   * Its own, else one that was left of the same file, which is its own from then on, else a new one.
   *
   * @returns null where there is neither one nor a file
   */
  async find(upload: Transfer): Promise<UploadRecord | null> {
    const own = await this.read(upload.key);
    if (own && (await this.hold(own, upload.key))) return own;
    if (!upload.file) return null;
    for (const [key, left] of await this.all()) {
      if (!isOf(left, upload) || !(await this.hold(left, upload.key))) continue;
      await this.write(upload.key, left);
      await this.delete(key);
      return left;
    }
    const made = newRecord(upload);
    await this.hold(made, upload.key);
    return made;
  }

  /** From here on it is another upload. */
  async rename(record: UploadRecord, key: string): Promise<void> {
    this.release(record);
    record.clientId = newId();
    record.id = null;
    await this.hold(record, key);
  }

  /** What cannot be kept is uploaded all the same. */
  async write(key: string, record: UploadRecord): Promise<void> {
    if (this.isClosed) return; // whoever it is of may have logged out
    await attempt(() => this.storage.set(this.prefix + key, JSON.stringify(record)));
  }

  async delete(key: string): Promise<void> {
    await attempt(() => this.storage.delete(this.prefix + key));
  }

  /** @returns whether nobody else works at it */
  async hold({ clientId }: UploadRecord, key: string): Promise<boolean> {
    const holder = this.holders.get(clientId);
    if (holder) return holder.key === key;
    const own: Holder = { key, release: () => undefined };
    this.holders.set(clientId, own);
    const release = await hold(`conclave/${this.prefix}${clientId}`);
    if (release) own.release = release;
    else this.holders.delete(clientId);
    return release !== null;
  }

  release({ clientId }: UploadRecord): void {
    this.holders.get(clientId)?.release();
    this.holders.delete(clientId);
  }

  /** Takes those that no page works at any more; none where that cannot be told. */
  async takeLeft(key: string): Promise<UploadRecord[]> {
    if (this.storage.isShared && !globalThis.navigator?.locks) return [];
    const left: UploadRecord[] = [];
    for (const [name, record] of await this.all()) {
      if (this.holders.has(record.clientId) || !(await this.hold(record, key))) continue;
      left.push(record);
      await this.delete(name);
    }
    return left;
  }

  /** Lets go of all, for other tabs and pages. */
  close(): void {
    this.isClosed = true;
    for (const { release } of this.holders.values()) release();
    this.holders.clear();
  }

  private async all(): Promise<[key: string, record: UploadRecord][]> {
    const names = (await attempt(() => this.storage.keys())) ?? [];
    const keys = names
      .filter((name) => name.startsWith(this.prefix))
      .map((name) => name.slice(this.prefix.length));
    const found = await Promise.all(keys.map(async (key) => [key, await this.read(key)] as const));
    return found.flatMap(([key, record]) => (record ? [[key, record]] : []));
  }

  private async read(key: string): Promise<UploadRecord | null> {
    const text = await attempt(() => this.storage.get(this.prefix + key));
    const record = await attempt(() => JSON.parse(text ?? 'null') as UploadRecord | null);
    if (!record?.until || Date.parse(record.until) > Date.now()) return record ?? null;
    await this.delete(key);
    return null;
  }
}

/** Whether it is of the same file, as far as its outside tells. */
function isOf(record: UploadRecord, { chatId, attachment, file }: Transfer): boolean {
  return (
    record.modified !== null && // bytes in no file may be any
    record.chatId === chatId &&
    record.name === attachment.file_name &&
    record.size === attachment.size &&
    record.modified === modifiedAt(file)
  );
}

function newRecord({ chatId, attachment, file }: Transfer): UploadRecord {
  const { file_name: name, size } = attachment;
  const modified = modifiedAt(file);
  return { clientId: newId(), id: null, chatId, name, size, modified, until: null };
}

/** Null for bytes that are in no file. */
function modifiedAt(file: Blob | null): number | null {
  return (file as Partial<File> | null)?.lastModified ?? null;
}

async function attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined; // a storage that fails has nothing
  }
}
