import { MigrationInterface, QueryRunner, Table, TableOptions } from 'typeorm';
import { columnTypes } from './column-types.js';

const PRIMARY = { isPrimary: true };
const NULL = { isNullable: true };

export class InitialSchema1763800000000 implements MigrationInterface {
  name = 'InitialSchema1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner)) await runner.createTable(new Table(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner).reverse()) await runner.dropTable(table.name);
  }
}

function tables(runner: QueryRunner): TableOptions[] {
  const { id, text, integer, time } = columnTypes(runner);
  return [
    {
      name: 'users',
      columns: [
        id('id', PRIMARY),
        text('email', 254, NULL),
        text('email_key', undefined, NULL),
        text('password_hash', 255),
        text('fname', 100, NULL),
        text('lname', 100, NULL),
        text('profile', 2048, NULL),
        time('created_at'),
        time('erased_at', NULL),
        time('cleared_at', NULL),
      ],
      indices: [unique('users', 'email_key'), index('users', 'erased_at')],
    },
    {
      name: 'wrapped_key',
      columns: [
        id('owner_id', PRIMARY),
        text('kind', 6, PRIMARY),
        text('key_id', 16),
        text('token'),
      ],
      indices: [index('wrapped_key', 'key_id')],
    },
    {
      name: 'session',
      columns: [
        id('id', PRIMARY),
        id('user_id'),
        time('created_at'),
        time('last_used_at'),
        time('expires_at'),
        integer('pair'),
        text('ip', 45),
        text('user_agent', 512, NULL),
      ],
      indices: [index('session', 'user_id'), index('session', 'expires_at')],
      foreignKeys: [foreignKey('session', 'user_id', 'users', 'CASCADE')],
    },
    {
      name: 'whitelisted_token',
      columns: [
        id('jti', PRIMARY),
        id('session_id'),
        id('user_id'),
        text('use', 7),
        integer('pair'),
        { name: 'supersedes', type: 'boolean' },
        time('issued_at'),
        time('expires_at'),
      ],
      indices: [index('whitelisted_token', 'session_id'), index('whitelisted_token', 'expires_at')],
      foreignKeys: [foreignKey('whitelisted_token', 'session_id', 'session', 'CASCADE')],
    },
    {
      name: 'chat',
      columns: [
        id('id', PRIMARY),
        text('chat_name', 200, NULL),
        text('visibility', 7),
        id('created_by'),
        time('created_at'),
        time('last_message_at', NULL),
        integer('last_seq'),
        integer('last_change'),
        integer('member_count'),
        text('direct_key', 73, NULL),
        time('deleted_at', NULL),
      ],
      indices: [
        index('chat', 'visibility', 'id'),
        unique('chat', 'direct_key'),
        index('chat', 'deleted_at'),
      ],
      foreignKeys: [foreignKey('chat', 'created_by', 'users')],
    },
    {
      name: 'member',
      columns: [
        id('chat_id', PRIMARY),
        id('user_id', PRIMARY),
        text('role', 6),
        time('joined_at'),
        integer('read_seq'),
      ],
      indices: [index('member', 'user_id', 'chat_id')],
      foreignKeys: [
        foreignKey('member', 'chat_id', 'chat'),
        foreignKey('member', 'user_id', 'users'),
      ],
    },
    {
      name: 'message',
      columns: [
        id('id', PRIMARY),
        id('chat_id'),
        integer('seq'),
        integer('change'),
        id('sender_id'),
        text('client_id', 64, NULL),
        id('reply_to', NULL),
        text('ciphertext', undefined, NULL),
        text('reactions', undefined, NULL),
        time('created_at'),
        time('edited_at', NULL),
        time('deleted_at', NULL),
      ],
      indices: [
        unique('message', 'chat_id', 'seq'),
        index('message', 'chat_id', 'change'),
        {
          ...unique('message', 'chat_id', 'sender_id', 'client_id'),
          where: 'client_id IS NOT NULL', // most messages have none
        },
      ],
      foreignKeys: [
        foreignKey('message', 'chat_id', 'chat'),
        foreignKey('message', 'sender_id', 'users'),
      ],
    },
    {
      name: 'reaction',
      columns: [
        id('message_id', PRIMARY),
        id('user_id', PRIMARY),
        text('emoji', 64, PRIMARY),
        id('chat_id'),
      ],
      indices: [index('reaction', 'user_id')],
      foreignKeys: [
        foreignKey('reaction', 'message_id', 'message'),
        foreignKey('reaction', 'user_id', 'users'),
      ],
    },
  ];
}

type Index = NonNullable<TableOptions['indices']>[number];
type ForeignKey = NonNullable<TableOptions['foreignKeys']>[number];

function index(table: string, ...columnNames: string[]): Index {
  return { name: `ix_${table}_${columnNames.join('_')}`, columnNames };
}

function unique(table: string, ...columnNames: string[]): Index {
  return { ...index(table, ...columnNames), isUnique: true };
}

function foreignKey(table: string, column: string, to: string, onDelete = 'NO ACTION'): ForeignKey {
  return {
    name: `fk_${table}_${column}`,
    columnNames: [column],
    referencedTableName: to,
    referencedColumnNames: ['id'],
    onDelete,
  };
}
