import type { EntityManager, TableOptions } from 'typeorm';
import { columnTypes } from './column-types.js';
import { foreignKey, index, NULL, partial, PRIMARY, unique } from './table-parts.js';

/** Of the initial schema. */
export function attachmentTables(manager: EntityManager): TableOptions[] {
  const { id, text, integer, size, time } = columnTypes(manager);
  return [
    {
      name: 'attachment',
      columns: [
        id('id', PRIMARY),
        id('chat_id'),
        id('uploader_id'),
        text('client_key', 22, NULL),
        text('state', 9),
        text('sealed', undefined, NULL),
        size('size'),
        integer('part_count'),
        integer('thumbnail_size', NULL),
        id('message_id', NULL),
        integer('position', NULL),
        time('created_at'),
        time('remove_at', NULL),
        time('checking_at', NULL),
      ],
      indices: [
        index('attachment', 'chat_id'),
        index('attachment', 'uploader_id', 'chat_id'),
        {
          ...unique('attachment', 'chat_id', 'uploader_id', 'client_key'),
          where: 'client_key IS NOT NULL',
        },
        partial('attachment', 'message_id'),
        partial('attachment', 'remove_at'),
        partial('attachment', 'checking_at'),
      ],
      foreignKeys: [foreignKey('attachment', 'uploader_id', 'users')],
    },
    {
      name: 'attachment_part',
      columns: [id('attachment_id', PRIMARY), integer('number', PRIMARY), text('object', 8)],
      foreignKeys: [foreignKey('attachment_part', 'attachment_id', 'attachment')],
    },
  ];
}
