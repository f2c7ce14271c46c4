import type { Session } from './session.entity.js';

/** One log-in of yours, on one device. */
export class SessionDto {
  /** @example 019ab3c1-5d2f-7f10-a2b3-c4d5e6f70819 */
  id: string;

  /** @example 2026-11-22T17:30:00.000Z */
  created_at: Date;

  /**
   * To the minute.
   * @example 2026-11-22T18:30:00.000Z
   */
  last_used_at: Date;

  /** @example 203.0.113.7 */
  ip: string;

  /** @example "Mozilla/5.0 (X11; Linux x86_64)" */
  user_agent: string | null;

  /**
   * Whether it is the one that asks.
   * @example true
   */
  current: boolean;

  static of(session: Session, currentId: string): SessionDto {
    return {
      id: session.id,
      created_at: session.createdAt,
      last_used_at: session.lastUsedAt,
      ip: session.ip,
      user_agent: session.userAgent,
      current: session.id === currentId,
    };
  }
}

export class SessionPageDto {
  /** The one last used first. */
  data: SessionDto[];

  /**
   * Always false: all of them are here.
   * @example false
   */
  has_more: boolean;
}
