import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { AttachmentView } from '../attachment/attachment-views.js';
import { TimeColumn } from '../database/time-column.js';

export interface ReactionCount {
  emoji: string;
  count: number;
}

@Entity()
@Index(['chatId', 'seq'], { unique: true })
@Index(['chatId', 'change'])
@Index(['chatId', 'senderId', 'clientKey'], { unique: true, where: 'client_key IS NOT NULL' })
@Index('ix_message_deleted', ['chatId', 'seq'], { where: 'deleted_at IS NOT NULL' })
export class Message {
  /** UUIDv7, made by the application: sorts by time and feeds the message key. */
  @PrimaryColumn('uuid') id: string;
  @ForeignKey('Chat') @Column('uuid') chatId: string;
  /** Position in the room, 1, 2, 3 … without a gap. */
  @Column({ type: 'int' }) seq: number;
  /** The room's counter of changes, as of the last one that touched this message. */
  @Column({ type: 'int' }) change: number;
  @ForeignKey('User') @Column('uuid') senderId: string;
  /** Null once the message is deleted, or its sender erased. */
  @Column({ type: 'varchar', length: 64, nullable: true }) clientId: string | null;
  /** Finds a repeat for good: 16 bytes of a MAC of the `client_id`, in base64url. */
  @Column({ type: 'varchar', length: 22, nullable: true }) clientKey: string | null;
  @Column({ type: 'uuid', nullable: true }) replyTo: string | null;
  /** Fernet token, ASCII. The only form of the text that reaches the disk; null once deleted. */
  @Column({ type: 'text', nullable: true }) ciphertext: string | null;
  /** How often it got which emoji; who gave them stands in `Reaction`. */
  @Column({ type: 'simple-json', nullable: true }) reactions: ReactionCount[] | null;
  /** How many files it was sent with; they stand in `Attachment`. */
  @Column({ type: 'int' }) attachmentCount: number;
  @TimeColumn() createdAt: Date;
  @TimeColumn({ nullable: true }) editedAt: Date | null;
  @TimeColumn({ nullable: true }) deletedAt: Date | null;
  /** Plain text, in memory only: not a column, so it cannot be persisted by mistake. */
  body: string | null;
  /** In memory only: its files, in the order sent; undefined where they were not looked up. */
  attachments?: AttachmentView[];
  /** In memory only: those of them that do not open. */
  shutAttachments?: string[];
  /** In memory only: what `MessageCache` knows of it. */
  cached?: object;
  /** In memory only: the ciphertext does not open. */
  unreadable?: true;
  /** In memory only: why this process cannot tell; who has to show the body throws it. */
  failure?: Error;
}
