import { DomainError, ForbiddenError, TooManyRequestsError } from '../common/errors.js';

export class TooManyConnectionsError extends TooManyRequestsError {
  constructor(limit: number) {
    super(`You have ${limit} sockets and event streams open, and may not open more.`, 30);
  }
}

/** Of long polling, or of an upgrade that a proxy did not pass on. */
export class WebSocketOnlyError extends DomainError {
  readonly kind = 'websocket-only';

  constructor() {
    super(
      "Sockets are WebSockets alone: connect with `transports: ['websocket']`, through proxies that pass `Upgrade` on.",
    );
  }
}

export class WrongOriginError extends ForbiddenError {
  override readonly kind = 'wrong-origin';

  constructor() {
    super('Pages of this origin may open no sockets. List it in the setting CORS_ORIGINS.');
  }
}
