import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/time-column.js';

export type Visibility = 'public' | 'private' | 'direct';

/**
 * A room. Whoever changes it, its members or its messages locks its row first, but for a read marker,
 * which never moves back.
 */
@Entity()
@Index(['visibility', 'id'])
export class Chat {
  @PrimaryColumn('uuid') id: string;
  @Column({ type: 'varchar', length: 200, nullable: true }) chatName: string | null;
  @Column({ type: 'varchar', length: 7 }) visibility: Visibility;
  @ForeignKey('User') @Column('uuid') createdBy: string;
  @TimeColumn() createdAt: Date;
  @TimeColumn({ nullable: true }) lastMessageAt: Date | null;
  /** `seq` of the newest message: 0, 1, 2 … */
  @Column({ type: 'int' }) lastSeq: number;
  /** Counts every change of the room, its members and its messages. */
  @Column({ type: 'int' }) lastChange: number;
  /** The greatest `seq` of a message that was deleted, 0 where none was. */
  @Column({ type: 'int' }) lastDeletedSeq: number;
  @Column({ type: 'int' }) memberCount: number;
  /** Of a direct room: the two users' ids, the lower first, so that there is one room for a pair. */
  @Index({ unique: true })
  @Column({ type: 'varchar', length: 73, nullable: true })
  directKey: string | null;
  /** From then on the room exists for nobody; its rows go in the background. */
  @Index() @TimeColumn({ nullable: true }) deletedAt: Date | null;
}
