import { Injectable, Logger } from '@nestjs/common';
import { DomainError, InvalidInputError } from '../../common/errors.js';
import type { Answer, Request } from '../socket/protocol.js';
import type { Table } from './given.js';
import { HistoryOperations } from './history-operations.js';
import { KeyOperations } from './key-operations.js';
import { RoomOperations } from './room-operations.js';
import { UserLists } from './user-lists.js';
import { UserOperations } from './user-operations.js';

/** All that the command can ask for, of a server or of itself. */
@Injectable()
export class Operations {
  private readonly logger = new Logger('command');
  private readonly table: Table;

  constructor(
    users: UserOperations,
    lists: UserLists,
    rooms: RoomOperations,
    keys: KeyOperations,
    history: HistoryOperations,
  ) {
    const all = [users, lists, rooms, keys, history];
    this.table = Object.assign({}, ...all.map(({ table }) => table)) as Table;
  }

  /** Never rejects: what went wrong is told in words. */
  async answer({ operation, given }: Request): Promise<Answer> {
    try {
      if (typeof operation !== 'string' || !Object.hasOwn(this.table, operation))
        return { error: unknown(operation) };
      return { result: await this.table[operation](given) };
    } catch (err) {
      if (err instanceof InvalidInputError) return { error: wordsOf(err) };
      if (err instanceof DomainError) return { error: err.message };
      this.logger.error({ event: 'command.failed', operation, err });
      return { error: 'Something went wrong; the log says what (command.failed).' };
    }
  }
}

function unknown(operation: unknown): string {
  return `The server knows no ${JSON.stringify(operation)}: it is of another version than the command.`;
}

function wordsOf({ fields }: InvalidInputError): string {
  return fields.flatMap(({ messages }) => messages).join('\n');
}
