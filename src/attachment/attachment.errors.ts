import {
  ConflictError,
  DomainError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  OverloadedError,
  TooManyRequestsError,
  UnavailableError,
} from '../common/errors.js';

/** One wording for a file that is not there and one that the caller may not know of. */
export class AttachmentNotFoundError extends NotFoundError {
  constructor() {
    super('There is no such attachment, or it is not yours to see.');
  }
}

/** What is asked for does not fit how far the file has come. */
export class AttachmentStateError extends ConflictError {
  override readonly kind = 'attachment-state';

  static attached(): AttachmentStateError {
    return new AttachmentStateError('A message has this attachment. Delete the message instead.');
  }

  static notUploading(): AttachmentStateError {
    return new AttachmentStateError(
      'This attachment takes no more parts: all of them are there. Upload another one instead.',
    );
  }

  static notToSend(): AttachmentStateError {
    return new AttachmentStateError(
      'An attachment is not complete yet, or has been sent before. Ask for its `state`, or upload it again.',
    );
  }
}

export class QuotaExceededError extends ForbiddenError {
  override readonly kind = 'quota-exceeded';

  constructor() {
    super(
      'Your attachments take all the space that you have, or too many of them are unfinished. ' +
        'Finish or delete some first.',
    );
  }
}

export class FileTooLargeError extends DomainError {
  readonly kind = 'too-large';

  constructor(maxBytes: number) {
    super(`A file may have at most ${maxBytes} bytes.`);
  }
}

export class LengthRequiredError extends DomainError {
  readonly kind = 'length-required';

  constructor() {
    super('Send the header `Content-Length`, and the bytes as they are.');
  }
}

export class PartLengthError extends InvalidInputError {
  constructor(bytes: number) {
    const messages = [`Content-Length must be ${bytes}, which is what this part has`];
    super([{ field: 'Content-Length', messages }]);
  }
}

export class PartNumberError extends InvalidInputError {
  constructor(partCount: number) {
    super([{ field: 'n', messages: [`n must be a whole number from 1 to ${partCount}`] }]);
  }
}

export class LatePartError extends DomainError {
  readonly kind = 'timeout';

  constructor(options?: ErrorOptions) {
    super('The request took too long to arrive. Send it again.', options);
  }
}

/** Its reader takes less than others who wait could: it is cut, since it is half sent. */
export class SlowReaderError extends Error {}

export class UnsatisfiableRangeError extends DomainError {
  readonly kind = 'range-not-satisfiable';

  constructor() {
    super('The file ends before the range that you ask for begins.');
  }
}

export class UnknownAttachmentError extends InvalidInputError {
  constructor() {
    const messages = ['attachments must be ids of uploads of yours to the same chat'];
    super([{ field: 'attachments', messages }]);
  }
}

/** The folder or the bucket does not do what it should. */
export class StoreAwayError extends UnavailableError {
  constructor(options?: ErrorOptions) {
    super('The store of attachments does not answer at the moment. Try again shortly.', 2);
    this.cause = options?.cause;
  }
}

export class StoreFullError extends UnavailableError {
  constructor() {
    super('There is no space for attachments at the moment. Try again later.', 60);
  }
}

export class TransfersOverloadedError extends OverloadedError {
  constructor() {
    super('Too many files are under way. Try again shortly.', 2);
  }
}

export class TooManyTransfersError extends TooManyRequestsError {
  constructor() {
    super('You have too many files under way.', 2);
  }
}

export class RepeatedUploadError extends DomainError {
  readonly kind = 'client-id-reused';

  constructor() {
    super(
      'You have begun another upload with this client_id to this chat. Make a new client_id for each ' +
        'file; repeat one only to go on with the same.',
    );
  }
}
