import { EntityManager, MigrationInterface, QueryRunner, Table, TableOptions } from 'typeorm';
import { attachmentTables } from './attachment-tables.js';
import { columnTypes } from './column-types.js';
import { foreignKey, index, NULL, PRIMARY, unique } from './table-parts.js';

export class InitialSchema1763800000000 implements MigrationInterface {
  name = 'InitialSchema1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of initialTables(runner.manager)) await runner.createTable(new Table(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of initialTables(runner.manager).reverse()) await runner.dropTable(table.name);
  }
}

/** What a database is known by: once this is released, another migration changes it. */
export function initialTables(manager: EntityManager): TableOptions[] {
  const { id, text, word, integer, size, time, bytes } = columnTypes(manager);
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
        integer('room_count'),
        integer('invited_count'),
        size('attachment_bytes'),
        integer('upload_count'),
      ],
      indices: [
        unique('users', 'email_key'),
        {
          name: 'ix_users_unfinished',
          columnNames: ['erased_at'],
          where: 'erased_at IS NOT NULL AND cleared_at IS NULL',
        },
      ],
    },
    {
      name: 'identity',
      columns: [
        text('subject', 128, PRIMARY),
        id('user_id'),
        { name: 'gave_fname', type: 'boolean' },
        { name: 'gave_lname', type: 'boolean' },
      ],
      indices: [unique('identity', 'user_id')],
      foreignKeys: [foreignKey('identity', 'user_id', 'users')],
    },
    {
      name: 'wrapped_key',
      columns: [
        id('owner_id', PRIMARY),
        text('kind', 6, PRIMARY),
        id('since', PRIMARY),
        text('key_id', 16),
        text('token'),
      ],
      indices: [index('wrapped_key', 'key_id')],
    },
    {
      name: 'key_report',
      columns: [id('process', PRIMARY), text('key_id', 16), text('key_ids'), time('at')],
    },
    {
      name: 'master_key',
      columns: [text('key_id', 16, PRIMARY), time('used_at'), integer('failed')],
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
        integer('last_deleted_seq'),
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
      name: 'chat_word',
      columns: [word('word', PRIMARY), id('chat_id', PRIMARY)],
      indices: [index('chat_word', 'chat_id')],
      foreignKeys: [foreignKey('chat_word', 'chat_id', 'chat', 'CASCADE')],
    },
    {
      name: 'member',
      columns: [
        id('chat_id', PRIMARY),
        id('user_id', PRIMARY),
        text('role', 6),
        time('joined_at'),
        integer('read_seq'),
        id('invited_by', NULL),
      ],
      indices: [
        index('member', 'user_id', 'chat_id'),
        { ...index('member', 'user_id', 'invited_by'), where: 'invited_by IS NOT NULL' },
      ],
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
        text('client_key', 22, NULL),
        id('reply_to', NULL),
        text('ciphertext', undefined, NULL),
        text('reactions', undefined, NULL),
        integer('attachment_count'),
        time('created_at'),
        time('edited_at', NULL),
        time('deleted_at', NULL),
      ],
      indices: [
        unique('message', 'chat_id', 'seq'),
        index('message', 'chat_id', 'change'),
        {
          ...unique('message', 'chat_id', 'sender_id', 'client_key'),
          where: 'client_key IS NOT NULL', // most messages have none
        },
        {
          name: 'ix_message_deleted',
          columnNames: ['chat_id', 'seq'],
          where: 'deleted_at IS NOT NULL',
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
    ...attachmentTables(manager),
    {
      name: 'search_segment',
      columns: [
        id('chat_id', PRIMARY),
        integer('first_seq'),
        integer('last_seq', PRIMARY),
        integer('change'),
        id('key_at'),
        bytes('data'),
      ],
      foreignKeys: [foreignKey('search_segment', 'chat_id', 'chat')],
    },
    {
      name: 'installation',
      columns: [integer('id', PRIMARY), id('history'), text('schema_hash', 64)],
    },
    {
      name: 'gone',
      columns: [id('id'), text('kind', 4), time('gone_at')],
      indices: [index('gone', 'gone_at')],
    },
    {
      name: 'job',
      columns: [text('name', 50, PRIMARY), id('owner', NULL), time('until')],
    },
  ];
}
