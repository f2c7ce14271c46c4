import { TooManyRequestsError } from '../common/errors.js';

export class TooManyConnectionsError extends TooManyRequestsError {
  constructor(limit: number) {
    super(`You have ${limit} sockets and event streams open, and may not open more.`, 30);
  }
}
