import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row that says which database this is. */
@Entity()
export class Installation {
  /** Always 1. */
  @PrimaryColumn({ type: 'int' }) id: number;
  /** Its line of history: a restored database gets another one. */
  @Column('uuid') history: string;
  /** Of the schema that it was made with, in hex. */
  @Column({ type: 'varchar', length: 64 }) schemaHash: string;
}
