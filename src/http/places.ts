import type { Caller } from './callers.js';
import type { Reason } from './refusals.js';

export interface PlaceLimits {
  all: number;
  /** Of them, for requests without a token that verifies. */
  withoutToken: number;
  /** Shares, which bind while more than half of the places are taken. */
  ofUser: number;
  ofAddress: number;
}

export const PLACES: PlaceLimits = { all: 300, withoutToken: 150, ofUser: 100, ofAddress: 50 };

/** Places of requests whose body is here and whose answer is not, and whose they are. */
export class Places {
  taken = 0;
  private takenWithoutToken = 0;
  private readonly takenBy = new Map<string, number>();

  constructor(private readonly limits = PLACES) {}

  /** Why the caller gets no place now, if so. */
  refusalOf({ key, isUser }: Caller): Reason | undefined {
    const { all, withoutToken, ofUser, ofAddress } = this.limits;
    if (this.taken >= all) return 'places';
    if (!isUser && this.takenWithoutToken >= withoutToken) return 'places_without_token';
    if (this.taken <= all / 2) return undefined;
    return this.of(key) >= (isUser ? ofUser : ofAddress) ? 'share' : undefined;
  }

  take({ key, isUser }: Caller): void {
    this.taken++;
    if (!isUser) this.takenWithoutToken++;
    this.takenBy.set(key, this.of(key) + 1);
  }

  giveBack({ key, isUser }: Caller): void {
    this.taken--;
    if (!isUser) this.takenWithoutToken--;
    const left = this.of(key) - 1;
    if (left > 0) this.takenBy.set(key, left);
    else this.takenBy.delete(key);
  }

  private of(key: string): number {
    return this.takenBy.get(key) ?? 0;
  }
}
