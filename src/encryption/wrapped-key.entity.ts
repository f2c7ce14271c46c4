import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type KeyKind = 'chat' | 'author';

/** The key of a room or of an author, as it is stored: wrapped under a master key. */
@Entity()
export class WrappedKey {
  @PrimaryColumn('uuid') ownerId: string;
  @PrimaryColumn({ type: 'varchar', length: 6 }) kind: KeyKind;
  /** Names the master key, and finds the rows that a rotation has to rewrap. */
  @Index() @Column({ type: 'varchar', length: 16 }) keyId: string;
  @Column({ type: 'text' }) token: string;
}
