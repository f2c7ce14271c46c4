import { InvalidInputError } from '../common/errors.js';
import { isId } from '../http/validators.js';
import { MAX_SEQ } from '../message/message.dto.js';

/** Where a search goes on: with what stands before this `seq` of this room. */
export interface Place {
  chatId: string;
  seq: number;
}

const SEQ = /^\d{1,10}$/;
const SEPARATOR = '.';

/** As it stands in an answer: in one room its `seq`. */
export function placeText({ chatId, seq }: Place, isOneRoom: boolean): string {
  return isOneRoom ? `${seq}` : `${chatId}${SEPARATOR}${seq}`;
}

/**
 * @param chatId of the one room that is searched; undefined where all are
 * @throws InvalidInputError
 */
export function readPlace(text: string, chatId: string | undefined): Place {
  const [id, digits] = chatId === undefined ? splitPlace(text) : [chatId, text];
  const seq = SEQ.test(digits) ? Number(digits) : 0;
  if (isId(id) && seq >= 1 && seq <= MAX_SEQ) return { chatId: id, seq };
  const message =
    chatId === undefined
      ? 'before must be the next of an answer without chat_id, as it stands'
      : `before must be a seq, or the next of an answer with this chat_id: a whole number from 1 to ${MAX_SEQ}`;
  throw new InvalidInputError([{ field: 'before', messages: [message] }]);
}

function splitPlace(text: string): [chatId: string, digits: string] {
  const at = text.lastIndexOf(SEPARATOR);
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
}
