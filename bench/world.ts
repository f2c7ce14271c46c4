import { call } from './call.js';
import type { Server } from './server.js';
import type { Store } from './store.js';
import type { Target } from './targets.js';

const ROOMS = 200;
const EDITABLE = 100;

type Id = string | number;

/** What a server holds, and what a caller needs to know of it. */
export interface World {
  /** The writer, who owns every room. */
  email: string;
  password: string;
  token: string;
  /** Someone else, who reads along. */
  readerToken: string;
  /** Where is sent to. */
  sendRoom: Id;
  /** The large one; its messages are 1, 2, 3 … `messages`. */
  largeRoom: Id;
  messages: number;
  /** Messages of the writer in the room that is sent to. */
  editable: string[];
}

interface SignedUp {
  user: { id: Id };
  access_token: string;
}

/** Makes users and rooms, and fills the large room. The server is stopped when this answers. */
export async function makeWorld(target: Target, store: Store, messages: number): Promise<World> {
  const account = { email: 'ada@example.org', password: 'correct horse battery staple' };
  let server = await target.start(store, 'default');
  const { url } = server;
  const writer = await signUp(url, account);
  const reader = await signUp(url, { ...account, email: 'grace@example.org' });
  const token = writer.access_token;
  const rooms: Id[] = [];
  for (let n = 0; n < ROOMS; n++) {
    const body = { chat_name: `room ${n}` };
    rooms.push((await call<{ id: Id }>(url, { method: 'POST', path: '/chat/', token, body })).id);
  }
  const [largeRoom, sendRoom] = rooms;
  await server.stop();
  if (messages > 0) await target.fill(store, { id: largeRoom, ownerId: writer.user.id }, messages);
  server = await target.start(store, 'default');
  const editable = await sendSome(server, token, sendRoom);
  await sendSome(server, reader.access_token, sendRoom); // which joins
  // After the fill: the reference counts messages across rooms, and those of the large one from 1.
  for (const room of rooms) if (room !== largeRoom) await sendSome(server, token, room, 1);
  await server.stop();
  return {
    ...account,
    token,
    readerToken: reader.access_token,
    sendRoom,
    largeRoom,
    messages,
    editable,
  };
}

function signUp(url: string, body: { email: string; password: string }): Promise<SignedUp> {
  return call<SignedUp>(url, { method: 'POST', path: '/userauth/userSignup', body });
}

async function sendSome(
  { url }: Server,
  token: string,
  chatid: Id,
  count = EDITABLE,
): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const body = { chatid, message: `message ${n}` };
    ids.push(
      (await call<{ id: string }>(url, { method: 'POST', path: '/message/', token, body })).id,
    );
  }
  return ids;
}
