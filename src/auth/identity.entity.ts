import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Who a user is to the team's own backend. */
@Entity()
export class Identity {
  /** The `sub` of its tokens. Both databases compare it by its bytes. */
  @PrimaryColumn({ type: 'varchar', length: 128 }) subject: string;
  @Index({ unique: true }) @ForeignKey('User') @Column('uuid') userId: string;
  /** Whether a token has brought one: only the first is looked at, so that what is cleared stays so. */
  @Column({ type: 'boolean' }) gaveFname: boolean;
  @Column({ type: 'boolean' }) gaveLname: boolean;
}
