import { IsEmailAddress, IsText } from '../http/validators.js';
import { ProfileFieldsDto, UserDto } from '../user/user.dto.js';

export class SignUpDto extends ProfileFieldsDto {
  /**
   * E-mail address, at most 254 characters; one account each, whatever its case.
   * @example ada@example.org
   */
  @IsEmailAddress() email: string;

  /**
   * Any 8 to 128 characters, taken exactly as they are; not your e-mail, nor easy to guess.
   * @example "correct horse battery staple"
   */
  @IsText({ min: 8, max: 128, controls: 'all', blank: true }) password: string;
}

export class LogInDto {
  /** @example ada@example.org */
  @IsText({ min: 1, max: 254, controls: 'none', blank: true }) email: string;

  /** @example "correct horse battery staple" */
  @IsText({ min: 1, max: 128, controls: 'all', blank: true }) password: string;
}

export class ExchangeDto {
  /**
   * A JWT that your own backend has signed for this user, with `EXCHANGE_SECRET`.
   * @example eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl
   */
  @IsText({ min: 1, max: 8192, controls: 'none', blank: false }) token: string;
}

export class RefreshDto {
  /** @example eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl */
  @IsText({ min: 1, max: 4096, controls: 'none', blank: false }) refresh_token: string;
}

export class ChangePasswordDto {
  /** @example "correct horse battery staple" */
  @IsText({ min: 1, max: 128, controls: 'all', blank: true }) current_password: string;

  /**
   * Any 8 to 128 characters, taken exactly as they are; not your e-mail, nor easy to guess.
   * @example "seven wax seals on a door"
   */
  @IsText({ min: 8, max: 128, controls: 'all', blank: true }) new_password: string;
}

/** A password that somebody else sets. */
export class NewPasswordDto {
  @IsText({ min: 8, max: 128, controls: 'all', blank: true }) password: string;
}

/** The tokens of a session. */
export class TokensDto {
  /**
   * Send it as `Authorization: Bearer …` with every request.
   * @example eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl
   */
  access_token: string;

  /**
   * Buys the next pair at `/userauth/refresh`; it can be used once.
   * @example eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2lnbmF0dXJl
   */
  refresh_token: string;

  /** @example Bearer */
  token_type: 'Bearer';

  /**
   * Seconds that the access token has left.
   * @example 900
   */
  expires_in: number;
}

/** Who you are, and the tokens of your new session. */
export class SignedInDto extends TokensDto {
  /** @example "Welcome to Conclave." */
  message: string;

  user: UserDto;
}
