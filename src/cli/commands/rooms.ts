import type { Command } from 'commander';
import type { Page } from '../../common/page.js';
import type { ListedRoom, ShownRoom } from '../operations/room-operations.js';
import { fields, table } from '../table.js';
import { group, leaf, listing, more } from './group.js';

export function rooms(): Command {
  return group('rooms', 'rooms, by id; texts are shown to nobody')
    .addCommand(list())
    .addCommand(show())
    .addCommand(remove());
}

function list(): Command {
  return listing('all rooms, the oldest first', async (session, _, { limit, after }) => {
    const page = await session.ask<Page<ListedRoom>>('rooms.list', { limit, after });
    const rows = page.data.map((room) => [
      room.id,
      room.visibility,
      room.member_count,
      room.last_seq,
      room.chat_name,
    ]);
    const head = ['id', 'visibility', 'members', 'messages', 'name'];
    session.print(page, table(head, rows) + more(page));
  });
}

function show(): Command {
  return leaf('show <room>', 'a room, and who leads it', async (session, [room]) => {
    const shown = await session.ask<ShownRoom>('rooms.show', { room });
    session.print(shown, fields(shown));
  });
}

function remove(): Command {
  const description = 'end a room and its key, for good and at once';
  return leaf('delete <room>', description, async (session, [room]) => {
    const gone = await session.ask<ListedRoom>('rooms.delete', { room });
    session.print(gone, `Deleted ${gone.chat_name ?? 'the direct room'} (${gone.id}).`);
  });
}
