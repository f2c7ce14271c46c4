import type { ConclaveClient, RoomMessage } from '@conclave/client';
import type { Client } from './client.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Row = Record<string, any>;

/** Where a client differs from what the server says; empty where it does not. */
export async function differences(client: ConclaveClient, server: Client): Promise<string[]> {
  const wrong: string[] = [];
  const same = (what: string, held: unknown, said: unknown): void => {
    if (isRow(held) && isRow(said)) {
      for (const key of new Set([...Object.keys(held), ...Object.keys(said)]))
        same(`${what}.${key}`, held[key], said[key]);
    } else if (!Array.isArray(held) || !Array.isArray(said) || held.length !== said.length) {
      const [mine, theirs] = [textOf(held), textOf(said)];
      if (mine !== theirs) wrong.push(`${what}\n  client ${mine}\n  server ${theirs}`);
    } else held.forEach((row, i) => same(`${what}, ${i}`, row, said[i]));
  };
  const rooms = await all(server, '/chat/?joined=true', ({ id }) => id);
  const chats = new Map<string, Row>(client.rooms.getSnapshot().map((chat) => [chat.id, chat]));
  same('rooms', [...chats.keys()].sort(), rooms.map(({ id }) => id).sort());
  for (const said of rooms) {
    const chat = chats.get(said.id);
    if (!chat) continue;
    const members = await all(server, `/chat/${said.id}/members?`, ({ user }) => user.id);
    const told = tellerFor(members);
    same(`chat ${said.id}`, told(chat), told(said));
    await compareRoom(client, server, { id: said.id, members, told }, same);
  }
  const unread = rooms.reduce((sum, { unread_count }) => sum + unread_count, 0);
  same('status', client.status.getSnapshot(), 'online');
  same('unread', client.unread.getSnapshot(), unread);
  return wrong;
}

async function compareRoom(
  client: ConclaveClient,
  server: Client,
  { id, members: saidMembers, told }: { id: string; members: Row[]; told: (row: Row) => Row },
  same: (what: string, held: unknown, said: unknown) => void,
): Promise<void> {
  const { messages, isOpen, hasOlder, hasNewer, members } = client.room(id).getSnapshot();
  if (members) same(`members of ${id}`, byUser(members), byUser(saidMembers));
  if (!isOpen) return;
  const sent = messages.filter(({ state }) => state === 'sent');
  const history = await all(server, `/message/?chat_id=${id}`, ({ seq }) => seq, '0');
  const [first, last] = [sent[0]?.seq ?? 1, sent.at(-1)?.seq ?? 0];
  const range = history.filter(({ seq }) => seq >= first && seq <= last);
  same(`messages of ${id}`, sent.map(told), range.map(told));
  same(
    `ends of ${id}`,
    { hasOlder, hasNewer },
    { hasOlder: first > 1, hasNewer: last < history.length },
  );
  const isPending = ({ state }: RoomMessage): boolean => state === 'pending';
  same(`pending in ${id}`, messages.filter(isPending).length, 0);
  same(`keys in ${id}`, new Set(messages.map(({ key }) => key)).size, messages.length);
}

async function all(
  server: Client,
  path: string,
  placeOf: (row: Row) => unknown,
  start?: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = start; ; after = String(placeOf(rows.at(-1)!))) {
    const { body } = await server.get(`${path}&limit=200${after ? `&after=${after}` : ''}`);
    rows.push(...body.data);
    if (!body.has_more) return rows;
  }
}

/**
 * What an answer says of a row, but for the `client_id`, which events leave out, the names of those who
 * are not in the room any more, of which nothing tells, and a marker before nothing but tombstones.
 */
function tellerFor(members: Row[]): (row: Row) => Row {
  const ids = new Set(members.map(({ user }) => user.id));
  return function told(row): Row {
    const {
      client_id,
      key,
      state,
      problem,
      isMine,
      uploads,
      last_message,
      sender,
      read_seq,
      ...rest
    } = row;
    void [client_id, key, state, problem, isMine, uploads];
    return {
      ...rest,
      ...(sender && { sender: ids.has(sender.id) ? sender : sender.id }),
      ...(last_message && { last_message: told(last_message) }),
      ...(row.unread_count > 0 && { read_seq }),
    };
  };
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byUser(members: readonly Row[]): Row[] {
  return members.toSorted((a, b) => (a.user.id < b.user.id ? -1 : 1));
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
