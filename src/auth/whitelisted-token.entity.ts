import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/time.column.js';

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
  @TimeColumn() issuedAt: Date;
  @Index() @TimeColumn() expiresAt: Date;
}
