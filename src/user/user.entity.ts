import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SizeColumn } from '../database/size-column.js';
import { TimeColumn } from '../database/time-column.js';

/** Stands in the place of a hash, and is none: no password fits. */
export const NO_PASSWORD = '!';

@Entity('users')
@Index('ix_users_unfinished', ['erasedAt'], {
  where: 'erased_at IS NOT NULL AND cleared_at IS NULL',
})
export class User {
  @PrimaryColumn('uuid') id: string;
  /** Null once erased, and for who came by an exchange with none, or with one that was not free. */
  @Column({ type: 'varchar', length: 254, nullable: true }) email: string | null;
  /** The e-mail as it is compared: two that differ only in case are the same. */
  @Index({ unique: true }) @Column({ type: 'text', nullable: true }) emailKey: string | null;
  /** Django's form: `pbkdf2_sha256$iterations$salt$hash`; or `NO_PASSWORD`. */
  @Column({ type: 'varchar', length: 255 }) passwordHash: string;
  @Column({ type: 'varchar', length: 100, nullable: true }) fname: string | null;
  @Column({ type: 'varchar', length: 100, nullable: true }) lname: string | null;
  @Column({ type: 'varchar', length: 2048, nullable: true }) profile: string | null;
  @TimeColumn() createdAt: Date;
  /** From then on the user is nobody; their messages read as deleted. */
  @TimeColumn({ nullable: true }) erasedAt: Date | null;
  /** When the last trace of an erased user was cleared away. */
  @TimeColumn({ nullable: true }) clearedAt: Date | null;
  /** How many rooms the user is in. */
  @Column({ type: 'int' }) roomCount: number;
  /** In how many of them they were put by others, and have not yet done anything: see `Member`. */
  @Column({ type: 'int' }) invitedCount: number;
  /** Of their files, in bytes: as much as is reserved. */
  @SizeColumn() attachmentBytes: number;
  /** How many of them are not complete yet. */
  @Column({ type: 'int' }) uploadCount: number;
}

/** What is shown of a user beside what they did. */
export type Person = Pick<User, 'id' | 'fname' | 'lname' | 'profile' | 'erasedAt'>;
