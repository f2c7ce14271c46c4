import { ApiProperty } from '@nestjs/swagger';

const NULL = { type: 'null' };

/** What a page shows or leaves out, before anybody has logged in. */
export class ServerDto {
  /** @example 0.1.0 */
  version: string;

  /**
   * Whether everybody may make an account with a password, or only those who run the server.
   * @example open
   */
  sign_up: 'open' | 'closed';

  /**
   * Whether one can sign up and log in with a password.
   * @example true
   */
  password_log_in: boolean;

  /**
   * Whether a token of another backend opens a session, and an account where there is none.
   * @example false
   */
  exchange: boolean;

  /** What files may be sent; null where none can be. */
  @ApiProperty({
    nullable: false,
    anyOf: [
      { type: 'object', properties: { max_bytes: { type: 'integer' } }, required: ['max_bytes'] },
      NULL,
    ],
    example: { max_bytes: 104_857_600 },
  })
  attachments: object | null;

  /**
   * Whether messages can be searched.
   * @example true
   */
  search: boolean;
}
