import { Controller, Get, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Database } from '../database/database.js';
import { type Row, statement } from '../database/statement.js';
import { type AuthUser, CurrentUser } from '../http/current-user.js';
import { IdPipe } from '../http/validators.js';
import { MessageNotFoundError } from '../message/message.errors.js';
import { MessageService } from '../message/read/message.service.js';

const COLUMNS = [
  'id',
  'chat_id',
  'seq',
  'change',
  'sender_id',
  'reply_to',
  'ciphertext',
  'created_at',
  'edited_at',
  'deleted_at',
] as const;

/** By the primary key. Parameter: id. */
const STORED_MESSAGE = statement({
  name: 'stored_message',
  postgres: `SELECT ${COLUMNS.join(', ')} FROM message WHERE id = $1`,
  sqlite: `SELECT ${COLUMNS.join(', ')} FROM message WHERE id = ?`,
});

/** For the page, in development: how a message lies on the disk. */
@ApiExcludeController()
@Controller('app/row')
export class RowController {
  constructor(
    private readonly messages: MessageService,
    private readonly database: Database,
  ) {}

  /** For whoever may read the message. Times are milliseconds since 1970. */
  @Get(':message_id')
  async getRow(
    @CurrentUser() user: AuthUser,
    @Param('message_id', IdPipe) id: string,
  ): Promise<Row> {
    await this.messages.get(user, id);
    const [row] = await this.database.rows<(string | number | null)[]>(STORED_MESSAGE, [id]);
    if (!row) throw new MessageNotFoundError(); // its room has ended meanwhile
    return Object.fromEntries(COLUMNS.map((name, i) => [name, shown(name, row[i])]));
  }
}

/** PostgreSQL gives a `bigint` as text. */
function shown(name: string, value: string | number | null): string | number | null {
  return name.endsWith('_at') && value !== null ? Number(value) : value;
}
