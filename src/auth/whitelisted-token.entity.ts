import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/time-column.js';

export type TokenUse = 'access' | 'refresh';

/**
 * A token that may be used: its claims, never the token. The guard refuses every token without
 * a row, and a row without the signing secret is no token.
 */
@Entity()
export class WhitelistedToken {
  @PrimaryColumn('uuid') jti: string;
  @Index() @ForeignKey('Session', { onDelete: 'CASCADE' }) @Column('uuid') sessionId: string;
  @Column('uuid') userId: string;
  @Column({ type: 'varchar', length: 7 }) use: TokenUse;
  /** Which of the session's pairs it belongs to. */
  @Column({ type: 'int' }) pair: number;
  /** Whether its first use is still to come, and with it the end of the older pairs. */
  @Column({ type: 'boolean' }) supersedes: boolean;
  @TimeColumn() issuedAt: Date;
  /** The `exp` of the token, or sooner once a newer pair is in use. */
  @Index() @TimeColumn() expiresAt: Date;
}
