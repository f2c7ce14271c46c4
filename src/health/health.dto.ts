import { ApiProperty } from '@nestjs/swagger';

export class LiveDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: 'ok';
}

export class ReadyDto extends LiveDto {
  /** The database answers. */
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  database: 'ok';

  /** Every stored key can be unwrapped with the master keys given. */
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  keys: 'ok';
}
