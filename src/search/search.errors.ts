import { OverloadedError, TooManyRequestsError } from '../common/errors.js';

const RETRY_SECONDS = 1;

export class SearchUnderWayError extends TooManyRequestsError {
  constructor() {
    super('You have another search under way.', RETRY_SECONDS);
  }
}

/** Nobody reads this. */
export class SearcherGoneError extends OverloadedError {}
