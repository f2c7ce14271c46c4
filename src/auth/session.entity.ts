import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/time-column.js';

/** What a log-in opens. Ending it deletes the row, and with it its tokens' place in the whitelist. */
@Entity()
export class Session {
  @PrimaryColumn('uuid') id: string;
  @Index() @ForeignKey('User', { onDelete: 'CASCADE' }) @Column('uuid') userId: string;
  @TimeColumn() createdAt: Date;
  @TimeColumn() lastUsedAt: Date;
  /** When its newest refresh token expires. */
  @Index() @TimeColumn() expiresAt: Date;
  /** Number of its newest pair of tokens: 1, then one more for each rotation. */
  @Column({ type: 'int' }) pair: number;
  @Column({ type: 'varchar', length: 45 }) ip: string;
  @Column({ type: 'varchar', length: 512, nullable: true }) userAgent: string | null;
}
