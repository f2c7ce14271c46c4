/** One faulty field of the request. */
export class FieldErrorDto {
  /**
   * Name of the field, as sent.
   * @example chat_name
   */
  field: string;

  /**
   * What to change.
   * @example ["chat_name must be 1 to 200 characters long"]
   */
  messages: string[];
}

/** An error, as RFC 9457 describes it. */
export class ProblemDto {
  /**
   * Stable name of this kind of error.
   * @example urn:conclave:problem:not-found
   */
  type: string;

  /** @example "Not found" */
  title: string;

  /**
   * HTTP status of the response.
   * @example 404
   */
  status: number;

  /**
   * What happened and what to do about it.
   * @example "There is no such chat, or it is not yours to see."
   */
  detail: string;

  /**
   * Also in the `X-Request-Id` header and in the server's log: quote it in a report.
   * @example 019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10
   */
  request_id: string;

  /** Only for invalid input: every faulty field. */
  errors?: FieldErrorDto[];
}
