import { OmitType } from '@nestjs/swagger';
import { ProblemDto } from '../http/problem.dto.js';

/** Somebody is typing. */
export class TypingDto {
  type: 'typing';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /** @example 019ab3c1-5d2b-7a41-8f0e-5b7c9d1e2f30 */
  user_id: string;
}

/** What a client sends while its user types, at most every other second. */
export class TypeDto {
  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;
}

/** What was wrong with something that a client sent. */
export class SocketProblemDto extends OmitType(ProblemDto, ['request_id']) {}

/** Events flow, or flow again: catch up with `POST /sync`. */
export class ReadyDto {
  type: 'ready';

  /**
   * The database's line of history. A restore begins another one.
   * @example 019ab3c1-5c11-7b0e-8a52-4d6f1e3a9c01
   */
  history: string;
}

/** What you have of the room is of another line of history: drop it, and read the room anew. */
export class ResetDto {
  type: 'reset';

  /** @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12 */
  chat_id: string;

  /**
   * The room's counter of changes, as of now: the stream goes on from there.
   * @example 4
   */
  change: number;

  /**
   * The database's line of history.
   * @example 019ab3c1-5c11-7b0e-8a52-4d6f1e3a9c01
   */
  history: string;
}
