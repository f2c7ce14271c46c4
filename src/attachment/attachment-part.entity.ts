import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** A part of a file that is stored: the object that counts for it. */
@Entity()
export class AttachmentPart {
  @ForeignKey('Attachment') @PrimaryColumn('uuid') attachmentId: string;
  /** 1, 2, 3 …; 0 is the thumbnail. */
  @PrimaryColumn({ type: 'int' }) number: number;
  /** The last eight characters of the object's name: each upload of a part has its own. */
  @Column({ type: 'varchar', length: 8 }) object: string;
}
