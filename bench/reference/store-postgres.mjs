// Prepared statements on pg, one round trip for each request: the whitelist is asked within it.
import pg from 'pg';

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

// The room leads the key: with an index on `id` alone, the generic plan of the prepared page
// query may walk that one through all rooms.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users(id bigserial PRIMARY KEY, email text UNIQUE NOT NULL, hash text NOT NULL);
  CREATE TABLE IF NOT EXISTS whitelist(jti text PRIMARY KEY, user_id bigint NOT NULL, exp bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS chat(id bigserial PRIMARY KEY, name text NOT NULL, created bigint NOT NULL,
    owner bigint NOT NULL REFERENCES users(id));
  CREATE INDEX IF NOT EXISTS chat_owner ON chat(owner);
  CREATE TABLE IF NOT EXISTS read_marker(chat_id bigint REFERENCES chat(id), user_id bigint, seq bigint NOT NULL,
    PRIMARY KEY (chat_id, user_id));
  CREATE TABLE IF NOT EXISTS message(id bigserial, chat_id bigint NOT NULL REFERENCES chat(id),
    user_id bigint NOT NULL, nonce bytea NOT NULL, body text NOT NULL, created bigint NOT NULL,
    PRIMARY KEY (chat_id, id));`;

const ALLOWED = 'EXISTS(SELECT 1 FROM whitelist WHERE jti = $1 AND user_id = $2)';

const SQL = {
  addUser: 'INSERT INTO users(email, hash) VALUES($1, $2) RETURNING id',
  user: 'SELECT id, hash FROM users WHERE email = $1',
  allow: 'INSERT INTO whitelist VALUES($1, $2, $3)',
  addChat: `INSERT INTO chat(name, created, owner) SELECT $3, $4, $2 WHERE ${ALLOWED} RETURNING id`,
  chats: `SELECT chat.id, name AS chat_name, chat.created AS created_at,
      m.id AS last_id, m.user_id, m.nonce, m.body, m.created
    FROM chat LEFT JOIN LATERAL (SELECT id, user_id, nonce, body, created FROM message
      WHERE chat_id = chat.id ORDER BY id DESC LIMIT 1) m ON true
    WHERE owner = $2 AND ${ALLOWED} ORDER BY chat.id LIMIT $3`,
  addMessage: `INSERT INTO message(chat_id, user_id, nonce, body, created)
    SELECT $3, $2, $4, $5, $6 WHERE ${ALLOWED} RETURNING id`,
  edit: `UPDATE message SET nonce = $5, body = $6
    WHERE chat_id = $3 AND id = $4 AND user_id = $2 AND ${ALLOWED} RETURNING id`,
  markRead: `INSERT INTO read_marker SELECT $3, $2, $4 WHERE ${ALLOWED}
    ON CONFLICT (chat_id, user_id) DO UPDATE SET seq = greatest(read_marker.seq, excluded.seq)
    RETURNING chat_id AS id`,
  page: `SELECT m.* FROM whitelist w LEFT JOIN LATERAL
    (SELECT id, user_id, nonce, body, created FROM message
      WHERE chat_id = $3 AND id < $4 ORDER BY id DESC LIMIT $5) m ON true
    WHERE w.jti = $1 AND w.user_id = $2`,
  fill: `INSERT INTO message(chat_id, user_id, nonce, body, created)
    SELECT chat_id, user_id, nonce, body, created
    FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[], $5::bigint[])
      AS row(chat_id, user_id, nonce, body, created)`,
};

export async function openStore() {
  const pool = new pg.Pool({
    connectionString: process.env.DATABASE_URL,
    max: 10,
    options: '-c synchronous_commit=on',
  });
  await pool.query(SCHEMA);
  const rows = async (name, values) => (await pool.query({ name, text: SQL[name], values })).rows;
  const id = async (name, values) => (await rows(name, values))[0]?.id;
  return {
    addUser: (email, hash) => id('addUser', [email, hash]),
    user: async (email) => (await rows('user', [email]))[0],
    allow: ({ jti, sub, exp }) => rows('allow', [jti, sub, exp]),
    // Each of these answers undefined when the whitelist lacks the caller's token.
    addChat: ({ jti, sub }, name) => id('addChat', [jti, sub, name, Date.now()]),
    chats: async ({ jti, sub }, limit) => {
      const found = await rows('chats', [jti, sub, limit]);
      return found.length > 0 ? found : undefined;
    },
    addMessage: ({ jti, sub }, { chatId, nonce, body, created }) =>
      id('addMessage', [jti, sub, chatId, nonce, body, created]),
    edit: ({ jti, sub }, message) =>
      id('edit', [jti, sub, message.chatId, message.id, message.nonce, message.body]),
    markRead: ({ jti, sub }, chatId, seq) => id('markRead', [jti, sub, chatId, seq]),
    page: async ({ jti, sub }, chatId, before, limit) => {
      const found = await rows('page', [jti, sub, chatId, before, limit]);
      if (found.length === 0) return undefined;
      return found[0].id === null ? [] : found;
    },
    async fill(all) {
      const columns = ['chatId', 'userId', 'nonce', 'body', 'created'];
      await rows(
        'fill',
        columns.map((column) => all.map((row) => row[column])),
      );
      await pool.query('ANALYZE message');
    },
    close: () => pool.end(),
  };
}
