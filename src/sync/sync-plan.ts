import { isUndone } from '../database/history.js';
import type { JoinedRoom } from './joined-rooms.js';
import type { SyncDto, UnreadDto } from './sync.dto.js';

/** A room of which something is new. */
export interface ChangedRoom {
  chatId: string;
  /** What the client has it up to; undefined: it is told of the room alone. */
  after: number | undefined;
  upTo: number;
}

/** What becomes of the rooms that a client knows and those that its user has joined. */
export interface SyncPlan {
  /** In the order of their ids. */
  changed: ChangedRoom[];
  /** The cursors of all others. */
  unchanged: Record<string, number>;
  reset: string[];
  gone: string[];
}

/** Compares what a client has with what there is. */
export function planSync(
  { rooms: cursors = {}, history: sent }: Pick<SyncDto, 'rooms' | 'history'>,
  history: string,
  joined: Map<string, JoinedRoom>,
): SyncPlan {
  const plan: SyncPlan = { changed: [], unchanged: {}, reset: [], gone: [] };
  for (const [chatId, { lastChange: upTo }] of joined) {
    const change = cursors[chatId] as number | undefined;
    const isReset = isUndone({ change: change ?? 0, history: sent }, { change: upTo, history });
    if (isReset) plan.reset.push(chatId);
    if (change === upTo && !isReset) plan.unchanged[chatId] = upTo;
    else plan.changed.push({ chatId, after: isReset ? undefined : change, upTo });
  }
  plan.gone = Object.keys(cursors).filter((id) => !joined.has(id));
  return plan;
}

/** Of these rooms, those with something that the user has not read. */
export function unreadOf(
  rooms: Record<string, number>,
  joined: Map<string, JoinedRoom>,
): Record<string, UnreadDto> {
  const unread: Record<string, UnreadDto> = {};
  for (const chatId of Object.keys(rooms)) {
    const { readSeq, unreadCount } = joined.get(chatId)!;
    if (unreadCount > 0) unread[chatId] = { read_seq: readSeq, unread_count: unreadCount };
  }
  return unread;
}
