import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/time-column.js';

export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

@Entity()
@Index(['userId', 'chatId'])
@Index(['userId', 'invitedBy'], { where: 'invited_by IS NOT NULL' })
export class Member {
  @ForeignKey('Chat') @PrimaryColumn('uuid') chatId: string;
  @ForeignKey('User') @PrimaryColumn('uuid') userId: string;
  @Column({ type: 'varchar', length: 6 }) role: Role;
  @TimeColumn() joinedAt: Date;
  /** `seq` up to which the member has read. */
  @Column({ type: 'int' }) readSeq: number;
  /** Who put them into the room; null once they have written, reacted or marked as read there. */
  @Column({ type: 'uuid', nullable: true }) invitedBy: string | null;
}
