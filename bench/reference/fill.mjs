// node fill.mjs CHAT USER COUNT: puts sealed messages of 200 bytes into a room.
import { random16, seal } from './crypto.mjs';

const AT_ONCE = 2000;
const [chatId, userId, count] = process.argv.slice(2).map(Number);
const kind = process.env.DATABASE_URL ? 'postgres' : 'sqlite';
const { openStore } = await import(`./store-${kind}.mjs`);
const store = await openStore();
const created = Date.now();
for (let made = 0; made < count; made += AT_ONCE) {
  const rows = Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, index) => {
    const nonce = random16();
    const text = `message ${made + index + 1} `.padEnd(200, 'x');
    return { chatId, userId, nonce, body: seal(chatId, userId, nonce, text), created };
  });
  await store.fill(rows);
}
await store.close();
