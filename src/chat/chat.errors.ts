import {
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
} from '../common/errors.js';

/** One wording for a room that does not exist and one that the caller may not know of. */
export class ChatNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such chat, or it is not yours to see.');
  }
}

export class MemberNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such member of this chat.');
  }
}

/** The caller knows of the room, and their role in it does not allow this. */
export class NotAllowedError extends ForbiddenError {
  constructor(message = 'Your role in this chat does not allow it.') {
    super(message);
  }
}

export class NotAMemberError extends ForbiddenError {
  constructor() {
    super('You are not a member of this chat. Join it first: PUT /chat/{chat_id}/members/me.');
  }
}

export class OwnerMustStayError extends ConflictError {
  constructor() {
    super(
      'A chat has an owner. Hand it over first by giving another member the role "owner", ' +
        'or delete the chat.',
    );
  }
}

export class DirectWithOneselfError extends InvalidInputError {
  constructor() {
    super([{ field: 'user_id', messages: ['user_id must be another user than you'] }]);
  }
}
