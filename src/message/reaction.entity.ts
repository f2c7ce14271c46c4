import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Who reacted to what; how many did stands with the message. */
@Entity()
export class Reaction {
  @ForeignKey('Message') @PrimaryColumn('uuid') messageId: string;
  @Index() @ForeignKey('User') @PrimaryColumn('uuid') userId: string;
  @PrimaryColumn({ type: 'varchar', length: 64 }) emoji: string;
  @Column('uuid') chatId: string;
}
