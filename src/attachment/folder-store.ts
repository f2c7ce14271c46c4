import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  statfs,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Range } from '../crypto/streaming-aead.js';
import { StoreAwayError, StoreFullError } from './attachment.errors.js';
import { type BlobStore, MissingObjectError } from './blob-store.js';

/** The database may live on the same file system: the lesser of the two stays free. */
const SPARE = { share: 0.1, bytes: 2 * 1024 ** 3 };
const FULL = ['ENOSPC', 'EDQUOT'];
const PIECE_BYTES = 65_536;
/** Of a name that is not an object's yet. */
const DRAFT = '.part';

/** `<2 hex of the id's end>/<id>/<name>`, in a folder that processes may share. */
export class FolderStore implements BlobStore {
  constructor(
    private readonly root: string,
    private readonly spare = SPARE,
  ) {}

  async requireSpace(): Promise<void> {
    const { bavail, blocks, bsize } = await this.doing(async () => {
      await mkdir(this.root, { recursive: true, mode: 0o700 });
      return statfs(this.root);
    });
    const least = Math.min(this.spare.share * blocks * bsize, this.spare.bytes);
    if (bavail * bsize < least) throw new StoreFullError();
  }

  async requireReady(): Promise<void> {
    await this.requireSpace();
    await this.doing(() => access(this.root, constants.R_OK | constants.W_OK | constants.X_OK));
  }

  async put(
    fileId: string,
    name: string,
    _size: number,
    bytes: AsyncIterable<Buffer>,
  ): Promise<void> {
    const folder = folderOf(this.root, fileId);
    const draft = join(folder, name + DRAFT);
    try {
      await this.doing(() => this.makeFolder(folder));
      await this.write(draft, bytes);
      await this.doing(async () => {
        await rename(draft, join(folder, name));
        await sync(folder);
      });
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async *read(fileId: string, name: string, ...ranges: Range[]): AsyncGenerator<Buffer> {
    const file = await this.doing(() => open(join(folderOf(this.root, fileId), name))).catch(
      (error: Error) => {
        throw codeOf(error.cause) === 'ENOENT' ? new MissingObjectError(fileId, name) : error;
      },
    );
    try {
      for (const range of ranges) yield* this.piecesOf(file, range);
    } finally {
      await file.close();
    }
  }

  private async *piecesOf(file: FileHandle, { start, end }: Range): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
      const { bytesRead } = await this.doing(() => file.read(piece, 0, piece.length, at));
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  list(fileId: string): Promise<string[]> {
    return this.doing(() => readdir(folderOf(this.root, fileId)).catch(ifMissing([])));
  }

  async remove(fileId: string, names: string[]): Promise<void> {
    const folder = folderOf(this.root, fileId);
    await this.doing(async () => {
      for (const name of names) await rm(join(folder, name), { force: true });
    });
  }

  removeAll(fileId: string): Promise<void> {
    return this.doing(() => rm(folderOf(this.root, fileId), { recursive: true, force: true }));
  }

  /** A new folder survives a power cut only once the one that it lies in is written too. */
  private async makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) {
      await sync(dirname(made));
    }
  }

  private async write(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const file = await this.doing(() => open(path, 'wx', 0o600));
    try {
      for await (const piece of bytes) await this.doing(() => file.writeFile(piece));
      await this.doing(() => file.sync());
    } finally {
      await file.close();
    }
  }

  /** @throws StoreFullError, StoreAwayError */
  private async doing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw FULL.includes(codeOf(error))
        ? new StoreFullError()
        : new StoreAwayError({ cause: error });
    }
  }
}

/** Of a file, in a store or the folder of a backup. */
export function folderOf(root: string, fileId: string): string {
  return join(root, fileId.slice(-2), fileId);
}

function ifMissing<T>(value: T) {
  return (error: unknown): T => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
