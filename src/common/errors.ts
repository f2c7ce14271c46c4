/**
 * What went wrong, in the domain's words: one for each thing that a client would handle differently.
 * `problem.ts` turns each into a response; the list is part of the contract.
 */
export type ErrorKind =
  | 'invalid-input'
  | 'websocket-only'
  | 'unauthenticated'
  | 'wrong-credentials'
  | 'refused-token'
  | 'dead-refresh-token'
  | 'forbidden'
  | 'wrong-origin'
  | 'sign-up-closed'
  | 'not-a-member'
  | 'wrong-password'
  | 'wrong-token'
  | 'quota-exceeded'
  | 'not-found'
  | 'timeout'
  | 'attachment-state'
  | 'email-taken'
  | 'no-password'
  | 'message-deleted'
  | 'owner-must-stay'
  | 'room-full'
  | 'too-many-reactions'
  | 'too-many-rooms'
  | 'length-required'
  | 'too-large'
  | 'range-not-satisfiable'
  | 'too-many-requests'
  | 'encoded-body'
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
  readonly kind: ErrorKind = 'unauthenticated';
}

export class ForbiddenError extends DomainError {
  readonly kind: ErrorKind = 'forbidden';
}

export class NotFoundError extends DomainError {
  readonly kind: ErrorKind = 'not-found';
}

export abstract class ConflictError extends DomainError {}

/** The caller has done this too often. */
export class TooManyRequestsError extends DomainError {
  readonly kind: ErrorKind = 'too-many-requests';

  constructor(
    message: string,
    override readonly retryAfterSeconds: number,
  ) {
    super(`${message} Try again in ${retryAfterSeconds} s.`);
  }
}

/** The service cannot do this now, and nothing was changed or its outcome is unknown. */
export class UnavailableError extends DomainError {
  readonly kind: ErrorKind = 'unavailable';

  constructor(
    message: string,
    override readonly retryAfterSeconds = 1,
  ) {
    super(message);
  }
}

/** More is asked than the server can do: refused so that others are answered quickly. */
export class OverloadedError extends UnavailableError {
  constructor(
    message = 'The server is overloaded. Try again shortly.',
    retryAfterSeconds?: number,
  ) {
    super(message, retryAfterSeconds);
  }
}
