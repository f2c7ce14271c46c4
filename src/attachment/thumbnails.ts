import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Semaphore } from '../database/semaphore.js';
import { typeOfBytes } from './file-types.js';

const PROGRAM = fileURLToPath(new URL('./picture-process.js', import.meta.url));
/** Its exit code where sharp is not there. */
const UNAVAILABLE = 3;
/**
 * What it may use of memory (KiB) and of a core (seconds), and that it is the first to go where the
 * machine has no memory left. The largest pictures that take more than that are interlaced.
 */
const LIMITED = 'ulimit -d 393216; ulimit -t 10; echo 1000 >/proc/$$/oom_score_adj; exec "$0" "$@"';
const MAKING_MS = 10_000;
const WAITING_MS = 15_000;
/** Of a picture that is looked at, all of which is in memory then. */
const MOST_BYTES = 32 * 2 ** 20;
const MOST_OUTPUT_BYTES = 2 ** 20;
const MOST_PIXELS_OF_A_SIDE = 2 ** 31;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** What is seen by looking at a picture. */
export interface Picture {
  /** Pixels, as it is shown: turned as it says. */
  width: number;
  height: number;
  /** WebP, at most 480 pixels wide and high, without metadata; undefined where there is none. */
  thumbnail: Buffer | undefined;
}

/**
 * Makes small pictures, one at a time, whose senders take turns. What decodes pictures of strangers may
 * take much time and memory, or end its process: it has one of its own for each, with bounds and with the
 * lowest priority, so that neither password hashes nor anything else wait for it.
 */
@Injectable()
export class Thumbnails {
  private readonly logger = new Logger(Thumbnails.name);
  private readonly turns = new Semaphore(1);
  private isOn: boolean;
  /** Pictures looked at since the start that have a small one, and those that have none. */
  readonly counts = { made: 0, none: 0 };

  constructor(settings: Settings) {
    this.isOn = settings.attachments?.thumbnails ?? false;
  }

  /**
   * Looks at a picture, for 10 s at most, after it has waited for 15 s at most.
   *
   * @param userId whose turn it takes
   * @param size bytes of the file
   * @param read gives them all
   * @returns undefined where nothing is known of it: it is broken, or large, or the package is not there
   * @throws whatever `read` does
   */
  async look(
    userId: string,
    size: number,
    read: () => AsyncIterable<Buffer>,
  ): Promise<Picture | undefined> {
    if (!this.isOn || size > MOST_BYTES) return undefined;
    const picture = await this.inTurn(userId, () => this.run(read));
    this.counts[picture?.thumbnail ? 'made' : 'none']++;
    return picture;
  }

  private inTurn<T>(userId: string, job: () => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        resolve(undefined);
      }, WAITING_MS);
      const begin = async (): Promise<void> => {
        clearTimeout(timer);
        if (!isOver) resolve(await job());
      };
      this.turns.run(userId, begin).catch(reject);
    });
  }

  private async run(read: () => AsyncIterable<Buffer>): Promise<Picture | undefined> {
    if (!this.isOn) return undefined;
    const child = start();
    if (!child) return undefined;
    const feeding = feed(child, read);
    const [seen, code] = await Promise.all([outputOf(child), exitCodeOf(child)]);
    if (feeding.fault) throw feeding.fault;
    if (code === UNAVAILABLE) this.switchOff();
    return pictureIn(seen, code === 0);
  }

  private switchOff(): void {
    this.isOn = false;
    this.logger.warn({ event: 'thumbnails.unavailable' });
  }
}

/** @returns undefined where the machine has no room for one more process */
function start(): Child | undefined {
  try {
    const child = spawn('/bin/sh', ['-c', LIMITED, process.execPath, PROGRAM], {
      cwd: '/',
      env: {}, // the secrets are no business of its
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: MAKING_MS,
      killSignal: 'SIGKILL',
    });
    child.on('error', () => undefined); // what waits for its end is told too
    const pipe = child.stdout as Readable | undefined; // none where descriptors have run out
    return pipe && child;
  } catch {
    return undefined;
  }
}

/**
 * Nobody waits for it: what is read may stand still for longer than the process does.
 *
 * @returns the fault of what is read, where it has one; it is none that the process ends before
 */
function feed(child: Child, read: () => AsyncIterable<Buffer>): { fault?: Error } {
  const feeding: { fault?: Error } = {};
  const source = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* read();
    } catch (error) {
      feeding.fault = error as Error;
    }
  };
  pipeline(source, child.stdin).catch(() => undefined);
  return feeding;
}

async function outputOf(child: Child): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length <= MOST_OUTPUT_BYTES) pieces.push(piece);
    else child.kill('SIGKILL');
  });
  await finished(child.stdout).catch(() => undefined);
  return Buffer.concat(pieces);
}

/** @returns null where it was ended, or could not begin */
async function exitCodeOf(child: Child): Promise<number | null> {
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? UNAVAILABLE : null; // no shell
  }
}

/** It may have been taken over by a picture: what it says is looked at like anybody's. */
function pictureIn(seen: Buffer, isWhole: boolean): Picture | undefined {
  const [, width, height] =
    /^\{"width":(\d{1,10}),"height":(\d{1,10})\}\n/.exec(seen.toString('latin1', 0, 64)) ?? [];
  if (!isSide(width) || !isSide(height)) return undefined;
  const rest = seen.subarray(seen.indexOf('\n') + 1);
  const thumbnail = isWhole && typeOfBytes(rest) === 'image/webp' ? rest : undefined;
  return { width: Number(width), height: Number(height), thumbnail };
}

function isSide(pixels: string | undefined): boolean {
  return Number(pixels) >= 1 && Number(pixels) < MOST_PIXELS_OF_A_SIDE;
}
