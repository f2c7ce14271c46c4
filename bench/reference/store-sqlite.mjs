// Prepared statements on better-sqlite3. Every commit is synced: WAL with synchronous=FULL.
import { join } from 'node:path';
import Database from 'better-sqlite3';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users(id INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, hash TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS whitelist(jti TEXT PRIMARY KEY, user_id INTEGER NOT NULL, exp INTEGER NOT NULL)
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chat(id INTEGER PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL,
    owner INTEGER NOT NULL REFERENCES users(id));
  CREATE TABLE IF NOT EXISTS read_marker(chat_id INTEGER REFERENCES chat(id), user_id INTEGER, seq INTEGER NOT NULL,
    PRIMARY KEY (chat_id, user_id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS message(id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL REFERENCES chat(id),
    user_id INTEGER NOT NULL, nonce BLOB NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS message_chat ON message(chat_id, id);`;

export async function openStore() {
  const db = new Database(join(process.env.DATA_DIR, 'reference.sqlite'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.exec(SCHEMA);
  const addUser = db.prepare('INSERT INTO users(email, hash) VALUES(?, ?)');
  const findUser = db.prepare('SELECT id, hash FROM users WHERE email = ?');
  const allow = db.prepare('INSERT INTO whitelist VALUES(?, ?, ?)');
  const isAllowed = db.prepare('SELECT 1 FROM whitelist WHERE jti = ? AND user_id = ?').pluck();
  const addChat = db.prepare('INSERT INTO chat(name, created, owner) VALUES(?, ?, ?)');
  const chats = db.prepare(`SELECT chat.id, name AS chat_name, chat.created AS created_at,
      message.id AS last_id, user_id, nonce, body, message.created
    FROM chat LEFT JOIN message
      ON message.id = (SELECT max(id) FROM message WHERE chat_id = chat.id)
    WHERE owner = ? ORDER BY chat.id LIMIT ?`);
  const addMessage = db.prepare(
    'INSERT INTO message(chat_id, user_id, nonce, body, created) VALUES(?, ?, ?, ?, ?)',
  );
  const edit = db.prepare(
    'UPDATE message SET nonce = ?, body = ? WHERE id = ? AND chat_id = ? AND user_id = ?',
  );
  const markRead = db.prepare(`INSERT INTO read_marker VALUES(?, ?, ?)
    ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)`);
  const page = db.prepare(`SELECT id, user_id, nonce, body, created FROM message
    WHERE chat_id = ? AND id < ? ORDER BY id DESC LIMIT ?`);
  /** Answers undefined when the whitelist lacks the caller's token. */
  const ifAllowed = (claims, work) => (isAllowed.get(claims.jti, claims.sub) ? work() : undefined);
  return {
    addUser: (email, hash) => addUser.run(email, hash).lastInsertRowid,
    user: (email) => findUser.get(email),
    allow: ({ jti, sub, exp }) => allow.run(jti, sub, exp),
    addChat: (claims, name) =>
      ifAllowed(claims, () => addChat.run(name, Date.now(), claims.sub).lastInsertRowid),
    chats: (claims, limit) => ifAllowed(claims, () => chats.all(claims.sub, limit)),
    addMessage: (claims, { chatId, nonce, body, created }) =>
      ifAllowed(
        claims,
        () => addMessage.run(chatId, claims.sub, nonce, body, created).lastInsertRowid,
      ),
    edit: (claims, { id, chatId, nonce, body }) =>
      ifAllowed(claims, () => edit.run(nonce, body, id, chatId, claims.sub).changes),
    markRead: (claims, chatId, seq) =>
      ifAllowed(claims, () => markRead.run(chatId, claims.sub, seq).changes),
    page: (claims, chatId, before, limit) =>
      ifAllowed(claims, () => page.all(chatId, before, limit)),
    fill: (rows) =>
      db.transaction(() => {
        for (const r of rows) addMessage.run(r.chatId, r.userId, r.nonce, r.body, r.created);
      })(),
    close: () => db.close(),
  };
}
