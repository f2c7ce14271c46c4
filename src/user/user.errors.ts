import { ConflictError } from '../common/errors.js';

export class EmailTakenError extends ConflictError {
  constructor() {
    super('There is already an account with this e-mail. Log in, or use another one.');
  }
}
