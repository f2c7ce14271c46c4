import { OmitType } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { ProblemDto } from '../common/problem.dto.js';
import { IsId } from '../common/validators.js';

export class EventsQuery {
  /**
   * The one room to stream; without it, every room that you have joined.
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @IsOptional() @IsId() chat_id?: string;
}

/** Somebody is typing. */
export class TypingDto {
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
export class ReadyDto {}
