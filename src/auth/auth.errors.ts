import {
  ForbiddenError,
  NotFoundError,
  TooManyRequestsError,
  UnauthenticatedError,
  UnavailableError,
} from '../common/errors.js';

/** One wording for an unknown e-mail and a wrong password. */
export class WrongCredentialsError extends UnauthenticatedError {
  constructor() {
    super('The e-mail or the password is wrong.');
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
  constructor() {
    super('The current password is wrong.');
  }
}

export class TooManyFailuresError extends TooManyRequestsError {
  constructor(retryAfterSeconds: number) {
    super('Too many failed log-ins to this account from here.', retryAfterSeconds);
  }
}

export class HashingQueueFullError extends UnavailableError {
  constructor() {
    super('Too many people are logging in at once. Try again in a few seconds.', 5);
  }
}
