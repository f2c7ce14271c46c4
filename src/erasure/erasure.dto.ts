import { ValidateIf } from '../http/class-validator.js';
import { IsText, IsWithout, MayBeLeftOut } from '../http/validators.js';

export class EraseMeDto {
  /**
   * Your password, to be sure. Who has none sends a `token` instead.
   * @example "correct horse battery staple"
   */
  @ValidateIf(({ password, token }: EraseMeDto) => password !== undefined || token === undefined)
  @IsText({ min: 1, max: 128, controls: 'all', blank: true })
  password?: string;

  /** A fresh token by which you could log in at `/userauth/exchange`. */
  @MayBeLeftOut()
  @IsWithout('password')
  @IsText({ min: 1, max: 8192, controls: 'none', blank: false })
  token?: string;
}
