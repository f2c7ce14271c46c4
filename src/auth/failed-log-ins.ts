import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { Settings } from '../config/settings.js';
import { TooManyFailuresError } from './auth.errors.js';
import { RateCounter } from '../rate-limit/rate-counter.js';

const PER_ADDRESS = { limit: 10, windowSeconds: 60 };
const PER_ACCOUNT = { limit: 100, windowSeconds: 3600 };

/**
 * Bounds how often the password of an account can be guessed: ten times a minute from an address.
 * Once an account has seen a hundred failures in an hour, every address has one guess a minute.
 * None is refused for what other addresses do, so nobody is kept out of their account.
 */
@Injectable()
export class FailedLogIns {
  constructor(
    private readonly counter: RateCounter,
    private readonly settings: Settings,
  ) {}

  /**
   * Runs one guess, which answers whether it was right. It counts as a failure while it runs, so
   * that many at once get no further than one after the other.
   *
   * @param account the e-mail or the id that is guessed at
   * @throws TooManyFailuresError
   */
  async guess(account: string, ip: string, isRight: () => Promise<boolean>): Promise<boolean> {
    if (!this.settings.isRateLimited) return isRight();
    const name = createHash('sha256').update(account).digest('base64url');
    const add = (by: 1 | -1) =>
      Promise.all([
        this.counter.add(`failed:${name}:${normalizeIp(ip)}`, PER_ADDRESS.windowSeconds, by),
        this.counter.add(`failed:${name}`, PER_ACCOUNT.windowSeconds, by),
      ]);
    const [here, everywhere] = await add(1);
    const limit = everywhere.hits > PER_ACCOUNT.limit ? 1 : PER_ADDRESS.limit;
    if (here.hits > limit) {
      await this.counter.add(`failed:${name}`, PER_ACCOUNT.windowSeconds, -1); // no guess was made
      throw new TooManyFailuresError('log-ins to this account', here.secondsLeft);
    }
    let isFailure = false;
    try {
      isFailure = !(await isRight());
      return !isFailure;
    } finally {
      if (!isFailure) await add(-1);
    }
  }

  /**
   * Counts a failure that no account is known of, by its address: ten a minute. Whoever is right is
   * not to ask here, so that those who are wrong keep no other one of their address out.
   *
   * @throws TooManyFailuresError
   */
  async note(ip: string): Promise<void> {
    if (!this.settings.isRateLimited) return;
    const { limit, windowSeconds } = PER_ADDRESS;
    const here = await this.counter.add(`failed:exchange:${normalizeIp(ip)}`, windowSeconds);
    if (here.hits > limit) throw new TooManyFailuresError('exchanges', here.secondsLeft);
  }
}
