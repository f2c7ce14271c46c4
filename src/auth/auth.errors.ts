import { UnauthenticatedError, UnavailableError } from '../common/errors.js';

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

export class HashingQueueFullError extends UnavailableError {
  constructor() {
    super('Too many people are logging in at once. Try again in a few seconds.', 5);
  }
}
