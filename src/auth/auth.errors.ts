import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  OverloadedError,
  TooManyRequestsError,
  UnauthenticatedError,
} from '../common/errors.js';

/** One wording for an unknown e-mail and a wrong password. */
export class WrongCredentialsError extends UnauthenticatedError {
  override readonly kind = 'wrong-credentials';

  constructor() {
    super('The e-mail or the password is wrong.');
  }
}

/** What of a token of the team's backend does not count: a claim, or what is about it. */
export type TokenFault =
  'signature' | 'crit' | 'aud' | 'sub' | 'iat' | 'exp' | 'nbf' | 'email' | 'fname' | 'lname';

/** One wording for every fault; which one, the log alone says. */
export class RefusedTokenError extends UnauthenticatedError {
  override readonly kind = 'refused-token';

  constructor(readonly fault: TokenFault) {
    super(
      'The token does not count here. Have your backend sign another; the log of this server says why.',
    );
  }
}

export class SignUpClosedError extends ForbiddenError {
  override readonly kind = 'sign-up-closed';

  constructor() {
    super('This server takes no sign-ups. Ask those who run it for an account.');
  }
}

/** One wording for every way in which a token does not count. */
export class DeadTokenError extends UnauthenticatedError {
  constructor() {
    super('The access token is missing, expired or revoked. Log in and send it as a Bearer token.');
  }
}

/** One wording for every way in which a refresh token does not count. */
export class DeadRefreshTokenError extends UnauthenticatedError {
  override readonly kind = 'dead-refresh-token';

  constructor() {
    super('The refresh token is expired, revoked or was used before. Log in again.');
  }
}

export class SessionNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such session of yours; it may have ended already.');
  }
}

export class WrongPasswordError extends ForbiddenError {
  override readonly kind = 'wrong-password';

  constructor() {
    super('The current password is wrong.');
  }
}

/** Of a user of the exchange, who has none. */
export class NoPasswordError extends ConflictError {
  override readonly kind = 'no-password';

  constructor() {
    super('This account has no password: who logs in by a token of another backend needs none.');
  }
}

/** Any other token than a fresh one by which this very user could log in. */
export class WrongTokenError extends ForbiddenError {
  override readonly kind = 'wrong-token';

  constructor() {
    super('The token is no fresh one of yours. Have your backend sign another one.');
  }
}

export class TooManyFailuresError extends TooManyRequestsError {
  constructor(what: string, retryAfterSeconds: number) {
    super(`Too many failed ${what} from here.`, retryAfterSeconds);
  }
}

export class HashingQueueFullError extends OverloadedError {
  constructor() {
    super('Too many people are logging in at once. Try again in a few seconds.', 5);
  }
}

export class DeadTicketError extends UnauthenticatedError {
  constructor() {
    super('The ticket in the URL has expired, or is none of this file. Ask for another one.');
  }
}
