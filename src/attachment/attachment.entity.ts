import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { SizeColumn } from '../database/size-column.js';
import { TimeColumn } from '../database/time-column.js';

/**
 * `checking`: all parts are there, and its first bytes are being looked at. `ended`: nothing opens it any
 * more; the row stays until its objects are gone.
 */
export type AttachmentState = 'uploading' | 'checking' | 'complete' | 'ended';

/**
 * A file. Room and message are named without a foreign key: they may go before its objects do, and the
 * row goes last.
 */
@Entity()
@Index(['chatId'])
@Index(['uploaderId', 'chatId'])
@Index(['chatId', 'uploaderId', 'clientKey'], { unique: true, where: 'client_key IS NOT NULL' })
@Index(['messageId'], { where: 'message_id IS NOT NULL' })
@Index(['removeAt'], { where: 'remove_at IS NOT NULL' })
@Index(['checkingAt'], { where: 'checking_at IS NOT NULL' })
export class Attachment {
  /** UUIDv7, made by the application: chooses the room's and the author's key. */
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') chatId: string;
  @ForeignKey('User') @Column('uuid') uploaderId: string;
  /** Finds a repeat: 16 bytes of a MAC of the `client_id`, in base64url. */
  @Column({ type: 'varchar', length: 22, nullable: true }) clientKey: string | null;
  @Column({ type: 'varchar', length: 9 }) state: AttachmentState;
  /** Fernet token of the file's key, name, type and sizes; null once it has ended. */
  @Column({ type: 'text', nullable: true }) sealed: string | null;
  /** Bytes, as declared; so many are reserved of its uploader's quota until it ends. */
  @SizeColumn() size: number;
  @Column({ type: 'int' }) partCount: number;
  /** Bytes of the thumbnail, null where there is none. */
  @Column({ type: 'int', nullable: true }) thumbnailSize: number | null;
  @Column({ type: 'uuid', nullable: true }) messageId: string | null;
  /** Its place among those of the message. */
  @Column({ type: 'int', nullable: true }) position: number | null;
  @TimeColumn() createdAt: Date;
  /** From then on it ends, or its objects are removed where it has; null while a message has it. */
  @TimeColumn({ nullable: true }) removeAt: Date | null;
  /** Since when somebody is checking it. */
  @TimeColumn({ nullable: true }) checkingAt: Date | null;
}
