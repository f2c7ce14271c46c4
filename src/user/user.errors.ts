import { ConflictError, NotFoundError, UnauthenticatedError } from '../common/errors.js';

export class EmailTakenError extends ConflictError {
  override readonly kind = 'email-taken';

  constructor() {
    super('There is already an account with this e-mail. Log in, or use another one.');
  }
}

export class UserNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such user.');
  }
}

export class AccountGoneError extends UnauthenticatedError {
  constructor() {
    super('This account no longer exists.');
  }
}
