import { ConflictError, DomainError, InvalidInputError, NotFoundError } from '../common/errors.js';

export class MessageNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such message, or it is not yours to see.');
  }
}

export class ClientIdReusedError extends DomainError {
  readonly kind = 'client-id-reused';

  constructor() {
    super(
      'You have sent another message with this client_id to this chat. ' +
        'Make a new client_id for each message; repeat one only to retry the same message.',
    );
  }
}

export class MessageDeletedError extends ConflictError {
  override readonly kind = 'message-deleted';

  constructor() {
    super('This message is deleted.');
  }
}

export class TooManyReactionsError extends ConflictError {
  override readonly kind = 'too-many-reactions';

  constructor() {
    super('This message bears 50 different emojis already. Use one of them.');
  }
}

export class UnknownReplyToError extends InvalidInputError {
  constructor() {
    const messages = ['reply_to must be the id of a message of the same chat'];
    super([{ field: 'reply_to', messages }]);
  }
}

/** A message without files needs a text. */
export class NoTextError extends InvalidInputError {
  constructor() {
    super([{ field: 'message', messages: ['message must be 1 to 16384 characters long'] }]);
  }
}
