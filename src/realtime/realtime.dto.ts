import { IsId, MayBeLeftOut } from '../http/validators.js';

export class EventsQuery {
  /**
   * The one room to stream; without it, every room that you have joined.
   * @example 019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12
   */
  @MayBeLeftOut() @IsId() chat_id?: string;

  /**
   * With `chat_id`: the `history` that you have the room from. With another one than the server's the
   * stream begins with `reset`.
   */
  @MayBeLeftOut() @IsId() history?: string;
}
