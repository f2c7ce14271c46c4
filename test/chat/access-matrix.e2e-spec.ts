import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Files, PIXEL } from '../support/attachments.js';
import { Client, type Answer } from '../support/client.js';
import { EXCHANGE_SECRET, signToken } from '../support/exchange-token.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

/** In a public and a private room. */
const ROLES = ['anonymous', 'stranger', 'removed', 'member', 'admin', 'owner'] as const;
/** In a direct room: `member` and `owner` are the two of it. */
const DIRECT_ROLES = ['anonymous', 'stranger', 'member', 'owner'] as const;
type Role = (typeof ROLES)[number];

/** A room made for one call, and who is named in it. Its message is one of `member`'s. */
interface Room {
  chatId: string;
  messageId: string;
  /** One of `owner`'s messages. */
  ownersId: string;
  /** Files of `member`'s: in a message, complete, and without its part. */
  sentId: string;
  unsentId: string;
  begunId: string;
  /** A member beside the callers; in a direct room, `owner`. */
  otherId: string;
  newcomerId: string;
  ownerId: string;
}

type Call = [path: string, body?: object | string];

interface Row {
  /** A route as the OpenAPI document names it, and what tells several rows of one route apart. */
  route: string;
  /** The statuses by `ROLES` for public and private rooms, by `DIRECT_ROLES` for direct ones. */
  expected: string;
  call: (room: Room) => Call;
}

const row = (route: string, expected: string, call: Row['call']): Row => ({
  route,
  expected,
  call,
});

const members =
  (who: (room: Room) => string, body?: object) =>
  (room: Room): Call => [`/chat/${room.chatId}/members/${who(room)}`, body];
const me = (): string => 'me';
const other = (room: Room): string => room.otherId;
const newcomer = (room: Room): string => room.newcomerId;
const owner = (room: Room): string => room.ownerId;
const chat =
  (body?: object) =>
  (room: Room): Call => [`/chat/${room.chatId}`, body];
const message =
  (body?: object) =>
  (room: Room): Call => [`/message/${room.messageId}`, body];
const reaction = (room: Room): Call => [`/message/${room.messageId}/reactions/%F0%9F%91%8D`];

// prettier-ignore
const ROOM_ROWS: Row[] = [
  //                                               public: ano str rem mem adm own | private: the same      | direct: ano str mem own
  row('GET /chat/{chat_id}',                              '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', chat()),
  row('PATCH /chat/{chat_id} name',                       '401 403 403 403 200 200 | 401 404 404 403 200 200 | 401 404 403 403', chat({ chat_name: 'New' })),
  row('PATCH /chat/{chat_id} visibility',                 '401 403 403 403 403 200 | 401 404 404 403 403 200 | 401 404 403 403', chat({ visibility: 'private' })),
  row('PATCH /chat/{chat_id} nothing',                    '401 400 400 400 400 400 | 401 400 400 400 400 400 | 401 400 400 400', chat({})),
  row('DELETE /chat/{chat_id}',                           '401 403 403 403 403 204 | 401 404 404 403 403 204 | 401 404 403 403', chat()),
  row('GET /chat/{chat_id}/members',                      '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/chat/${room.chatId}/members`]),
  row('PUT /chat/{chat_id}/members/{user_id} join',       '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', members(me, {})),
  row('PUT /chat/{chat_id}/members/{user_id} join, admin','401 403 403 403 200 409 | 401 404 404 403 200 409 | 401 404 403 403', members(me, { role: 'admin' })),
  row('PUT /chat/{chat_id}/members/{user_id} add',        '401 403 403 403 200 200 | 401 404 404 403 200 200 | 401 404 403 403', members(newcomer, {})),
  row('PUT /chat/{chat_id}/members/{user_id} add, admin', '401 403 403 403 403 200 | 401 404 404 403 403 200 | 401 404 403 403', members(newcomer, { role: 'admin' })),
  row('PUT /chat/{chat_id}/members/{user_id} make admin', '401 403 403 403 403 200 | 401 404 404 403 403 200 | 401 404 403 403', members(other, { role: 'admin' })),
  row('PUT /chat/{chat_id}/members/{user_id} hand over',  '401 403 403 403 403 200 | 401 404 404 403 403 200 | 401 404 403 403', members(other, { role: 'owner' })),
  row('PUT /chat/{chat_id}/members/{user_id} depose',     '401 403 403 403 403 409 | 401 404 404 403 403 409 | 401 404 200 200', members(owner, { role: 'member' })),
  row('DELETE /chat/{chat_id}/members/{user_id} leave',   '401 404 404 204 204 409 | 401 404 404 204 204 409 | 401 404 403 403', members(me)),
  row('DELETE /chat/{chat_id}/members/{user_id} member',  '401 403 403 403 204 204 | 401 404 404 403 204 204 | 401 404 403 403', members(other)),
  row('DELETE /chat/{chat_id}/members/{user_id} owner',   '401 403 403 403 403 409 | 401 404 404 403 403 409 | 401 404 403 403', members(owner)),
  row('DELETE /chat/{chat_id}/members/{user_id} nobody',  '401 404 404 404 404 404 | 401 404 404 404 404 404 | 401 404 404 404', members(newcomer)),
  row('PUT /chat/{chat_id}/read',                         '401 403 403 204 204 204 | 401 404 404 204 204 204 | 401 404 204 204', (room) => [`/chat/${room.chatId}/read`, { seq: 1 }]),
  row('POST /message/',                                   '401 201 201 201 201 201 | 401 404 404 201 201 201 | 401 404 201 201', (room) => ['/message/', { chatid: room.chatId, message: 'x' }]),
  row('GET /message/',                                    '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/message/?chat_id=${room.chatId}`]),
  row('GET /message/ by ids',                             '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/message/?chat_id=${room.chatId}&ids=${room.ownersId}`]),
  row('GET /message/search of one room',                  '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/message/search?q=x&chat_id=${room.chatId}`]),
  row('GET /message/{message_id}',                        '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', message()),
  row('PATCH /message/{message_id}',                      '401 403 403 200 403 403 | 401 404 404 200 403 403 | 401 404 200 403', message({ message: 'y' })),
  row('DELETE /message/{message_id}',                     '401 403 403 204 204 204 | 401 404 404 204 204 204 | 401 404 204 403', message()),
  row("DELETE /message/{message_id} the owner's",         '401 403 403 403 204 204 | 401 404 404 403 204 204 | 401 404 403 204', (room) => [`/message/${room.ownersId}`]),
  row('POST /attachment/',                                '401 201 201 201 201 201 | 401 404 404 201 201 201 | 401 404 201 201', (room) => ['/attachment/', { chat_id: room.chatId, file_name: 'x', size: 1 }]),
  row('GET /attachment/{attachment_id} sent',             '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/attachment/${room.sentId}`]),
  row('GET /attachment/{attachment_id} not sent',         '401 404 404 200 404 404 | 401 404 404 200 404 404 | 401 404 200 404', (room) => [`/attachment/${room.unsentId}`]),
  row('DELETE /attachment/{attachment_id} sent',          '401 404 404 409 404 404 | 401 404 404 409 404 404 | 401 404 409 404', (room) => [`/attachment/${room.sentId}`]),
  row('DELETE /attachment/{attachment_id} not sent',      '401 404 404 204 404 404 | 401 404 404 204 404 404 | 401 404 204 404', (room) => [`/attachment/${room.unsentId}`]),
  row('PUT /attachment/{attachment_id}/parts/{n}',        '401 404 404 204 404 404 | 401 404 404 204 404 404 | 401 404 204 404', (room) => [`/attachment/${room.begunId}/parts/1`, 'abc']),
  row('GET /attachment/{attachment_id}/content sent',     '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/attachment/${room.sentId}/content`]),
  row('GET /attachment/{attachment_id}/content not sent', '401 404 404 200 404 404 | 401 404 404 200 404 404 | 401 404 200 404', (room) => [`/attachment/${room.unsentId}/content`]),
  row('GET /attachment/{attachment_id}/thumbnail sent',   '401 200 200 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/attachment/${room.sentId}/thumbnail`]),
  row('GET /attachment/{attachment_id}/thumbnail not sent','401 404 404 200 404 404 | 401 404 404 200 404 404 | 401 404 200 404', (room) => [`/attachment/${room.unsentId}/thumbnail`]),
  row('GET /events of one room',                          '401 403 403 200 200 200 | 401 404 404 200 200 200 | 401 404 200 200', (room) => [`/events?chat_id=${room.chatId}`]),
  row('PUT /message/{message_id}/reactions/{emoji}',      '401 204 204 204 204 204 | 401 404 404 204 204 204 | 401 404 204 204', reaction),
  row('DELETE /message/{message_id}/reactions/{emoji}',   '401 204 204 204 204 204 | 401 404 404 204 204 204 | 401 404 204 204', reaction),
];

/** What has no room: for a caller without a token, and for one who is signed in. */
// prettier-ignore
const OTHER_ROWS: Record<string, [expected: string, call?: (user: TestUser, peer: TestUser) => Call]> = {
  'POST /userauth/userSignup':               ['201 201', () => ['', { email: `${crypto.randomUUID()}@example.org`, password: PASSWORD }]],
  'POST /userauth/userLogin':                ['200 200', ({ email }) => ['', { email, password: PASSWORD }]],
  'POST /userauth/exchange':                 ['201 201', () => ['', { token: signToken() }]],
  'POST /userauth/refresh':                  ['200 200', ({ refreshToken }) => ['', { refresh_token: refreshToken }]],
  'POST /userauth/logout':                   ['401 204'],
  'GET /userauth/sessions':                  ['401 200'],
  'DELETE /userauth/sessions':               ['401 204'],
  'DELETE /userauth/sessions/{session_id}':  ['401 404', () => [`/userauth/sessions/${crypto.randomUUID()}`]],
  'PUT /userauth/me/password':               ['401 204', () => ['', { current_password: PASSWORD, new_password: `${PASSWORD}!` }]],
  'GET /userauth/me':                        ['401 200'],
  'PATCH /userauth/me':                      ['401 200', () => ['', { fname: 'Ada' }]],
  'DELETE /userauth/me':                     ['401 204', () => ['', { password: PASSWORD }]],
  'GET /users/':                             ['401 200', ({ email }) => [`/users/?email=${email}`]],
  'GET /users/{user_id}':                    ['401 200', (_, { id }) => [`/users/${id}`]],
  'POST /chat/':                             ['401 201', () => ['', { chat_name: 'Room' }]],
  'GET /chat/':                              ['401 200'],
  'POST /chat/direct':                       ['401 201', (_, { id }) => ['', { user_id: id }]],
  'POST /attachment/tickets':                ['401 200', () => ['', { ids: [] }]],
  'POST /sync':                              ['401 200', () => ['', {}]],
  'GET /events':                             ['401 200'],
  'GET /server':                             ['200 200'],
  'GET /health/live':                        ['200 200'],
  'GET /health/ready':                       ['200 200'],
  'GET /metrics':                            ['200 200'],
};

const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8'));
const routes = Object.entries<object>(document.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
);
const routeOf = (name: string): string => name.split(' ').slice(0, 2).join(' ');

let app: TestApp;
let cast: Record<Exclude<Role, 'anonymous'> | 'other' | 'newcomer', TestUser>;
beforeAll(async () => {
  app = await TestApp.start({ EXCHANGE_SECRET });
});
afterAll(() => app.stop());

/** Others for each row: one person does not put another one into any number of rooms. */
beforeEach(async () => {
  const [stranger, removed, member, admin, owner, other, newcomer] = await Promise.all(
    Array.from({ length: 7 }, () => app.givenUser()),
  );
  cast = { stranger, removed, member, admin, owner, other, newcomer };
  // More may be unfinished than one person's ten: each call has a room of its own.
  await app.sql('UPDATE users SET upload_count = -1000 WHERE id = ?', [member.id]);
});

const clientOf = (role: Role): Client => (role === 'anonymous' ? app.anonymous : cast[role].client);

async function must(answer: Promise<Answer>): Promise<Answer> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return answer;
}

/** What is uploaded for a route of files. */
function fileFor(route: string): Buffer | undefined {
  if (!route.includes('attachment')) return undefined;
  return route.includes('thumbnail') ? PIXEL : Buffer.from('abc');
}

const NO_FILES = { sentId: '', unsentId: '', begunId: '' };

/** One after the other: few parts of one person's come in at once. */
let uploading: Promise<unknown> = Promise.resolve();

function givenFiles(
  chatId: string,
  bytes: Buffer,
): Promise<Pick<Room, 'sentId' | 'unsentId' | 'begunId'>> {
  const files = new Files(app);
  const { member } = cast;
  const given = uploading.then(async () => ({
    sentId: (await files.send(member, chatId, bytes)).id,
    unsentId: await files.upload(member, chatId, bytes),
    begunId: await files.begin(member, chatId, 3),
  }));
  uploading = given.catch(() => undefined);
  return given;
}

async function givenRoom(visibility: string, file: Buffer | undefined): Promise<Room> {
  const { member, admin, owner, other, removed, newcomer } = cast;
  const isDirect = visibility === 'direct';
  const made = isDirect
    ? owner.client.post('/chat/direct', { user_id: member.id })
    : owner.client.post('/chat/', { chat_name: 'Room', visibility });
  const chatId: string = (await must(made)).body.id;
  if (!isDirect) {
    const path = (user: TestUser): string => `/chat/${chatId}/members/${user.id}`;
    const put = (user: TestUser, role = 'member'): Promise<Answer> =>
      must(owner.client.request('PUT', path(user), { role }));
    await Promise.all([put(member), put(other), put(admin, 'admin'), put(removed)]);
    await must(owner.client.request('DELETE', path(removed)));
  }
  const send = { chatid: chatId, message: 'hello' };
  const [own, owners] = await Promise.all([
    must(member.client.post('/message/', send)),
    must(owner.client.post('/message/', send)),
  ]);
  return {
    chatId,
    ...(file ? await givenFiles(chatId, file) : NO_FILES),
    messageId: own.body.id,
    ownersId: owners.body.id,
    otherId: isDirect ? owner.id : other.id,
    newcomerId: newcomer.id,
    ownerId: owner.id,
  };
}

describe('every route answers each caller as the table says:', () => {
  it('the table has a row for it, and for nothing else', () => {
    const named = [...ROOM_ROWS.map(({ route }) => routeOf(route)), ...Object.keys(OTHER_ROWS)];
    expect([...new Set(named)].sort()).toEqual([...routes].sort());
  });

  it.each(ROOM_ROWS)('$route', async ({ route, expected, call }) => {
    const [method] = route.split(' ');
    const answered = await Promise.all(
      ['public', 'private', 'direct'].map(async (visibility) => {
        const roles = visibility === 'direct' ? DIRECT_ROLES : ROLES;
        const statuses = roles.map(async (role) => {
          const [path, body] = call(await givenRoom(visibility, fileFor(route)));
          return (await clientOf(role).request(method, path, body)).status;
        });
        return (await Promise.all(statuses)).join(' ');
      }),
    );
    expect(answered.join(' | ')).toBe(expected);
  });

  it.each(Object.entries(OTHER_ROWS))('%s', async (route, [expected, call]) => {
    const [method, path] = route.split(' ');
    const statuses = [false, true].map(async (isSignedIn) => {
      const [user, peer] = await Promise.all([app.givenUser(), app.givenUser()]);
      const [given, body] = call?.(user, peer) ?? [''];
      const client = isSignedIn ? user.client : app.anonymous;
      return (await client.request(method, given || path, body)).status;
    });
    expect((await Promise.all(statuses)).join(' ')).toBe(expected);
  });
});
