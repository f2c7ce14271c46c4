/** What went wrong, in the domain's words; the problem filter turns each kind into a response. */
export type ErrorKind =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-many-requests'
  | 'client-id-reused'
  | 'unavailable';

export interface FieldError {
  field: string;
  messages: string[];
}

/** An expected failure. Its message is shown to the client, so it says what to change. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  /** Given where the same request may succeed later. */
  readonly retryAfterSeconds?: number;
}

export class InvalidInputError extends DomainError {
  readonly kind = 'invalid-input';

  constructor(readonly fields: FieldError[]) {
    super('The request has invalid fields; `errors` says what to change in each.');
  }
}

export class UnauthenticatedError extends DomainError {
  readonly kind = 'unauthenticated';
}

export class ForbiddenError extends DomainError {
  readonly kind = 'forbidden';
}

export class NotFoundError extends DomainError {
  readonly kind = 'not-found';
}

export class ConflictError extends DomainError {
  readonly kind = 'conflict';
}

/** The caller has done this too often. */
export class TooManyRequestsError extends DomainError {
  readonly kind = 'too-many-requests';

  constructor(
    message: string,
    override readonly retryAfterSeconds: number,
  ) {
    super(`${message} Try again in ${retryAfterSeconds} s.`);
  }
}

/** The service cannot do this now, and nothing was changed or its outcome is unknown. */
export class UnavailableError extends DomainError {
  readonly kind = 'unavailable';

  constructor(
    message: string,
    override readonly retryAfterSeconds = 1,
  ) {
    super(message);
  }
}

/** More is asked than the server can do: refused so that others are answered quickly. */
export class OverloadedError extends UnavailableError {
  constructor() {
    super('The server is overloaded. Try again shortly.');
  }
}
