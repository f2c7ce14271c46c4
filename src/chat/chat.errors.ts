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
  override readonly kind = 'not-a-member';

  constructor() {
    super('You are not a member of this chat. Join it first: PUT /chat/{chat_id}/members/me.');
  }
}

export class OwnerMustStayError extends ConflictError {
  override readonly kind = 'owner-must-stay';

  constructor() {
    super(
      'A chat has an owner. Hand it over first by giving another member the role "owner", ' +
        'or delete the chat.',
    );
  }
}

/** A counter of the room has come to its end. */
export class RoomFullError extends ConflictError {
  override readonly kind = 'room-full';

  constructor() {
    super('This chat has counted as far as it can: nothing can be added to it. Make another one.');
  }
}

export class TooManyRoomsError extends ConflictError {
  override readonly kind = 'too-many-rooms';

  /** @param isOther whether the one who is in them is not the caller */
  static atAll(isOther: boolean, max: number): TooManyRoomsError {
    return new TooManyRoomsError(
      isOther
        ? `This user is in ${max} chats, which is as many as may be.`
        : `You are in ${max} chats, which is as many as may be. Leave one first.`,
    );
  }

  static byOthers(max: number, maxByOne: number): TooManyRoomsError {
    return new TooManyRoomsError(
      `This user has been put into as many chats as may be without having done anything there: ` +
        `${max}, or ${maxByOne} by one person.`,
    );
  }
}

export class DirectWithOneselfError extends InvalidInputError {
  constructor() {
    super([{ field: 'user_id', messages: ['user_id must be another user than you'] }]);
  }
}
