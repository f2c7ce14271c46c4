import { NotFoundError } from '../common/errors.js';

/** One wording for a room that does not exist and one that the caller may not know of. */
export class ChatNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such chat, or it is not yours to see.');
  }
}
