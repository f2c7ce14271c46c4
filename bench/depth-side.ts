import { call } from './call.js';
import type { DatabaseKind } from './options.js';
import { Store } from './store.js';
import { conclave } from './targets.js';

/** Of the first room, and of those that its owner is in. */
export interface Size {
  messages: number;
  rooms: number;
}

/** A server that holds so much, and what to ask it with. */
export interface Side extends Size {
  url: string;
  token: string;
  /** Of a member who has read nothing. */
  readerToken: string;
  /** By age; the first holds the messages. */
  roomIds: string[];
  /** What `POST /sync` answers when nothing changed since. */
  cursors: Record<string, number>;
  /** The first message, the one in the middle, and the last. */
  messageIds: string[];
}

interface SignedUp {
  user: { id: string };
  access_token: string;
}

export async function makeSide(kind: DatabaseKind, size: Size): Promise<Side> {
  const store = await Store.create(kind);
  const empty = await conclave.start(store, 'default');
  const owner = await signUp(empty.url, 'ada@example.org');
  const reader = await signUp(empty.url, 'grace@example.org');
  const [token, readerToken] = [owner.access_token, reader.access_token];
  const roomIds: string[] = [];
  while (roomIds.length < size.rooms) roomIds.push(await makeRoom(empty.url, token));
  await empty.stop();
  await conclave.fill(store, { id: roomIds[0], ownerId: owner.user.id }, size.messages);
  const { url } = await conclave.start(store, 'default');
  const join = { method: 'PUT', path: `/chat/${roomIds[0]}/members/me`, body: {} } as const;
  await call(url, { ...join, token: readerToken });
  const sync = { method: 'POST', path: '/sync', token, body: {} } as const;
  const { rooms: cursors } = await call<{ rooms: Side['cursors'] }>(url, sync);
  const messageIds: string[] = [];
  for (const seq of [1, size.messages / 2, size.messages]) {
    const path = `/message/?chat_id=${roomIds[0]}&limit=1&after=${seq - 1}`;
    const { data } = await call<{ data: { id: string }[] }>(url, { method: 'GET', path, token });
    messageIds.push(data[0].id);
  }
  return { ...size, url, token, readerToken, roomIds, cursors, messageIds };
}

function signUp(url: string, email: string): Promise<SignedUp> {
  const body = { email, password: 'correct horse battery staple' };
  return call<SignedUp>(url, { method: 'POST', path: '/userauth/userSignup', body });
}

async function makeRoom(url: string, token: string): Promise<string> {
  const body = { chat_name: 'room' };
  return (await call<{ id: string }>(url, { method: 'POST', path: '/chat/', token, body })).id;
}
