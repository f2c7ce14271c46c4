/**
 * A client in a process of its own (`node --expose-gc`), with a room open at its end. Its server tells of as
 * many messages as is asked for, by the protocol of the real one.
 *
 * Prints a line of JSON for each number of messages in the arguments: `{ messages, heapBytes, shown, lastSeq }`.
 */
import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { ConclaveClient, memoryStorage } from '@conclave/client';
import { Server } from 'socket.io';

const CHAT_ID = '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12';
const AT = '2026-01-01T00:00:00.000Z';
const person = (id) => ({ id, fname: id, lname: null, profile: null });
const chat = {
  id: CHAT_ID,
  chat_name: 'Busy',
  visibility: 'public',
  created_by: 'bob',
  created_at: AT,
  last_message: null,
  last_message_at: null,
  last_seq: 0,
  last_change: 0,
  member_count: 2,
  role: 'member',
  read_seq: 0,
  unread_count: 0,
};
const sync = {
  history: 'h',
  rooms: { [CHAT_ID]: 0 },
  reads: {},
  chats: [chat],
  gone: [],
  reset: [],
  messages: [],
  has_more: false,
};
const ada = { ...person('ada'), email: 'ada@x.org', created_at: AT };
const session = {
  user: ada,
  access_token: 'a',
  refresh_token: 'r',
  token_type: 'Bearer',
  expires_in: 900,
};
const answers = {
  '/userauth/userLogin': session,
  '/userauth/me': ada,
  '/sync': sync,
  '/users/': { data: [] },
  '/message/': { data: [], has_more: false },
};

function messageEvent(seq) {
  const message = {
    id: `019ab3c1-6a10-7d3e-9b61-${seq.toString(16).padStart(12, '0')}`,
    chat_id: CHAT_ID,
    seq,
    change: seq,
    sender: person('bob'),
    message: `message ${seq} of a long conversation, which is about as long as a line of it is`,
    client_id: null,
    reply_to: null,
    reactions: [],
    created_at: AT,
    edited_at: null,
    deleted_at: null,
  };
  return { type: 'message.created', chat_id: CHAT_ID, change: seq, message };
}

const http = createServer((request, response) => {
  const body = answers[request.url.split('?')[0]];
  response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? {}));
});
const io = new Server(http, { path: '/socket.io' });
const connected = new Promise((resolve) => io.on('connection', resolve));
await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));

const url = `http://127.0.0.1:${http.address().port}`;
const client = new ConclaveClient({ url, storage: memoryStorage() });
await client.logIn('ada@x.org', 'password');
const socket = await connected;
socket.emit('ready', { type: 'ready', history: 'h' });
const room = client.room(CHAT_ID);
while (client.status.getSnapshot() !== 'online') await turn();
await room.open();
room.subscribe(() => undefined); // as a page does

let seq = 0;
for (const messages of process.argv.slice(2).map(Number)) {
  while (seq < messages) {
    for (let i = 0; i < 100 && seq < messages; i++)
      socket.emit('message.created', messageEvent(++seq));
    while (room.getSnapshot().chat.last_seq < seq) await turn();
  }
  for (let i = 0; i < 3; i++) {
    await turn();
    globalThis.gc();
  }
  const shown = room.getSnapshot().messages;
  const heapBytes = process.memoryUsage().heapUsed;
  const line = { messages, heapBytes, shown: shown.length, lastSeq: shown.at(-1).seq };
  console.log(JSON.stringify(line));
}
process.exit();
