import type { Logger } from 'pino';

const LOG_EVERY_MS = 1000;

/** Why something was refused or cut; docs/operations.md tells of each. */
export const REASONS = [
  'pace',
  'places',
  'places_without_token',
  'share',
  'unread_of_caller',
  'unread_for_long',
  'unread_most',
  'body_for_long',
  'bodies_in_all',
  'connections',
] as const;
export type Reason = (typeof REASONS)[number];

/** Counts what the edge refuses, and tells of all in one line a second. */
export class Refusals {
  /** Since the start. */
  readonly counts = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<
    Reason,
    number
  >;
  private lately: Partial<Record<Reason, number>> = {};
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly log: Logger) {}

  note(reason: Reason): void {
    this.counts[reason]++;
    this.lately[reason] = (this.lately[reason] ?? 0) + 1;
    this.timer ??= setTimeout(() => {
      this.log.warn({ event: 'server.overloaded', refused: this.lately });
      this.lately = {};
      this.timer = undefined;
    }, LOG_EVERY_MS).unref();
  }
}
