import { pbkdf2, randomInt, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Caller } from './caller.js';
import { HashLine } from './hash-line.js';

const pbkdf2Async = promisify(pbkdf2);

const ALGORITHM = 'pbkdf2_sha256';
const SALT_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SALT_LENGTH = 22;
const HASH_BYTES = 32;
/** A stored count above this is refused rather than computed. */
const MAX_ITERATIONS = 10_000_000;
/** Until one was measured: 0.3 s for 600,000. */
const MS_PER_ITERATION = 0.0005;
const DRAINING_MS = 5000;

interface Encoded {
  iterations: number;
  salt: string;
  hash: Buffer;
}

/**
 * PBKDF2-HMAC-SHA256 in Django's form `pbkdf2_sha256$iterations$salt$hash`.
 * https://docs.djangoproject.com/en/stable/topics/auth/passwords/
 *
 * Hashes run on the thread pool, one for each core but one; the others wait in line.
 */
@Injectable()
export class PasswordHasher implements OnModuleDestroy {
  private readonly line: HashLine;
  /** Stands in for a hash that is not there or cannot be used, so that this costs as much. */
  private readonly decoy: Encoded;

  constructor(private readonly settings: Settings) {
    const hash = Buffer.alloc(HASH_BYTES);
    const { pbkdf2Iterations: iterations } = settings;
    this.decoy = { iterations, salt: newSalt(), hash };
    const lanes = Math.max(1, availableParallelism() - 1);
    this.line = new HashLine(lanes, iterations * MS_PER_ITERATION);
  }

  /** How many hashes wait for a thread. */
  get queueLength(): number {
    return this.line.length;
  }

  /** Those who still wait after a while would keep the server from ending in time. */
  onModuleDestroy(): void {
    setTimeout(() => this.line.clear(), DRAINING_MS).unref();
  }

  /** @throws HashingQueueFullError when the caller would be refused now */
  requireRoom(caller: Caller): void {
    this.line.requireRoom(caller);
  }

  /** @throws HashingQueueFullError */
  async hash(password: string, caller: Caller): Promise<string> {
    const { pbkdf2Iterations: iterations } = this.settings;
    const salt = newSalt();
    const hash = await this.line.run(caller, () => derive(password, salt, iterations));
    return [ALGORITHM, iterations, salt, hash.toString('base64')].join('$');
  }

  /**
   * Whether the password is the one of the stored hash. A refusal takes the iterations of the
   * setting, also for no hash and for one with fewer, so that its time does not tell them apart; all of
   * them in one turn, since to wait for two would tell.
   *
   * @throws HashingQueueFullError
   */
  verify(password: string, stored: string | undefined, caller: Caller): Promise<boolean> {
    const known = stored === undefined ? undefined : decode(stored);
    const { iterations, salt, hash } = known ?? this.decoy;
    return this.line.run(caller, async () => {
      const actual = await derive(password, salt, iterations);
      if (known && timingSafeEqual(actual, hash)) return true;
      const spared = this.settings.pbkdf2Iterations - iterations;
      if (spared > 0 && !caller.gone.aborted) await derive(password, salt, spared);
      return false;
    });
  }

  /** Whether the stored hash took less work than the setting asks for now. */
  isOutdated(stored: string): boolean {
    const encoded = decode(stored);
    return encoded !== undefined && encoded.iterations < this.settings.pbkdf2Iterations;
  }
}

function derive(password: string, salt: string, iterations: number): Promise<Buffer> {
  return pbkdf2Async(password, salt, iterations, HASH_BYTES, 'sha256');
}

function newSalt(): string {
  return Array.from({ length: SALT_LENGTH }, () => SALT_ALPHABET[randomInt(62)]).join('');
}

function decode(stored: string): Encoded | undefined {
  const [algorithm, count, salt, text = '', ...rest] = stored.split('$');
  const iterations = Number(count);
  const hash = Buffer.from(text, 'base64');
  const isSound =
    algorithm === ALGORITHM &&
    /^[1-9]\d{0,8}$/.test(count) &&
    iterations <= MAX_ITERATIONS &&
    salt !== '' &&
    hash.length === HASH_BYTES &&
    hash.toString('base64') === text && // node's decoder skips what it does not know
    rest.length === 0;
  return isSound ? { iterations, salt, hash } : undefined;
}
