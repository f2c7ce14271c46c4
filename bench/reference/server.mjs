// What Conclave is measured against: bare Fastify, prepared statements, one insert for each
// request. Same durability and same cryptographic work, and nothing else of a chat.
import fastify from 'fastify';
import {
  checkPassword,
  hashPassword,
  issueToken,
  open,
  random16,
  seal,
  verifyToken,
} from './crypto.mjs';

const kind = process.env.DATABASE_URL ? 'postgres' : 'sqlite';
const { openStore } = await import(`./store-${kind}.mjs`);
const store = await openStore();
const app = fastify({ logger: false, routerOptions: { ignoreTrailingSlash: true } });

app.removeContentTypeParser('application/json');
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
  try {
    done(null, JSON.parse(body));
  } catch {
    done(Object.assign(new Error('not JSON'), { statusCode: 400 }));
  }
});

const isText = (value, max) => typeof value === 'string' && value.length > 0 && value.length <= max;
const refuse = (reply, status) => reply.code(status).send({ error: status });

/** The claims of the caller's token; the whitelist is asked by the statement that does the work. */
function claimsOf({ headers: { authorization } }) {
  return authorization?.startsWith('Bearer ') ? verifyToken(authorization.slice(7)) : null;
}

app.get('/health/ready', () => ({ status: 'ok' }));

app.post('/userauth/userSignup', async ({ body }, reply) => {
  if (!isText(body?.email, 254) || !isText(body.password, 128)) return refuse(reply, 400);
  const userId = Number(await store.addUser(body.email, await hashPassword(body.password)));
  const { claims, token } = issueToken(userId);
  await store.allow(claims);
  return reply.code(201).send({ user: { id: userId }, access_token: token });
});

app.post('/userauth/userLogin', async ({ body }, reply) => {
  if (!isText(body?.email, 254) || !isText(body.password, 128)) return refuse(reply, 400);
  const user = await store.user(body.email);
  if (!user || !(await checkPassword(body.password, user.hash))) return refuse(reply, 401);
  const { claims, token } = issueToken(user.id);
  await store.allow(claims);
  return { access_token: token };
});

app.post('/chat', async (request, reply) => {
  const claims = claimsOf(request);
  if (!claims) return refuse(reply, 401);
  if (!isText(request.body?.chat_name, 200)) return refuse(reply, 400);
  const id = await store.addChat(claims, request.body.chat_name);
  if (id === undefined) return refuse(reply, 401);
  return reply.code(201).send({ id: Number(id), chat_name: request.body.chat_name });
});

function withLastMessage({
  id,
  chat_name,
  created_at,
  last_id,
  user_id: sender,
  nonce,
  body,
  created,
}) {
  const last_message =
    last_id === null
      ? null
      : {
          id: `${id}-${last_id}`,
          sender,
          message: open(id, sender, nonce, body),
          created_at: created,
        };
  return { id: Number(id), chat_name, created_at: Number(created_at), last_message };
}

app.get('/chat', async (request, reply) => {
  const claims = claimsOf(request);
  const rows = claims && (await store.chats(claims, Number(request.query.limit ?? 50)));
  return rows ? { data: rows.map(withLastMessage) } : refuse(reply, 401);
});

app.put('/chat/:chat_id/read', async (request, reply) => {
  const claims = claimsOf(request);
  if (!claims) return refuse(reply, 401);
  if (!Number.isSafeInteger(request.body?.seq)) return refuse(reply, 400);
  const marked = await store.markRead(claims, Number(request.params.chat_id), request.body.seq);
  return marked === undefined ? refuse(reply, 401) : reply.code(204).send();
});

app.post('/message', async (request, reply) => {
  const claims = claimsOf(request);
  if (!claims) return refuse(reply, 401);
  const { chatid: chatId, message } = request.body ?? {};
  if (!Number.isSafeInteger(chatId) || !isText(message, 16_384)) return refuse(reply, 400);
  const nonce = random16();
  const body = seal(chatId, claims.sub, nonce, message);
  const created = Date.now();
  const seq = await store.addMessage(claims, { chatId, nonce, body, created });
  if (seq === undefined) return refuse(reply, 401);
  const id = `${chatId}-${seq}`;
  return reply.code(201).send({ id, sender: claims.sub, message, created_at: created });
});

app.patch('/message/:message_id', async (request, reply) => {
  const claims = claimsOf(request);
  if (!claims) return refuse(reply, 401);
  const [chatId, id] = request.params.message_id.split('-').map(Number);
  const { message } = request.body ?? {};
  if (!Number.isSafeInteger(id) || !isText(message, 16_384)) return refuse(reply, 400);
  const nonce = random16();
  const body = seal(chatId, claims.sub, nonce, message);
  const edited = await store.edit(claims, { id, chatId, nonce, body });
  return edited ? { id: request.params.message_id, message } : refuse(reply, 404);
});

app.get('/message', async (request, reply) => {
  const claims = claimsOf(request);
  if (!claims) return refuse(reply, 401);
  const { chat_id: chatId, before = Number.MAX_SAFE_INTEGER, limit = 50 } = request.query;
  const rows = await store.page(claims, Number(chatId), Number(before), Number(limit));
  if (!rows) return refuse(reply, 401);
  const data = new Array(rows.length);
  let at = rows.length;
  for (const { id, user_id: sender, nonce, body, created } of rows) {
    const message = open(chatId, sender, nonce, body);
    data[--at] = { id: `${chatId}-${id}`, sender, message, created_at: created };
  }
  return { data };
});

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.once('SIGTERM', () => process.exit(0));
