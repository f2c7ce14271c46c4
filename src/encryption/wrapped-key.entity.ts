import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Before every message. */
export const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

export type KeyKind = 'chat' | 'author';

/** The key of a room or of an author, as it is stored: wrapped under a master key. */
@Entity()
export class WrappedKey {
  @PrimaryColumn('uuid') ownerId: string;
  @PrimaryColumn({ type: 'varchar', length: 6 }) kind: KeyKind;
  /** The first message id that it serves, until the next key's; all zeros for an owner's first. */
  @PrimaryColumn('uuid') since: string;
  /** Names the master key, and finds the rows that a rotation has to rewrap. */
  @Index() @Column({ type: 'varchar', length: 16 }) keyId: string;
  @Column({ type: 'text' }) token: string;
}
