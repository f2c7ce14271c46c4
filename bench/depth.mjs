// Whether a list costs more the deeper it is read: 100,000 messages in a room, 5,000 rooms of a user with it.
//   npm run build && node bench/depth.mjs            on SQLite
//   DATABASE_URL=postgres://… node bench/depth.mjs   on an empty PostgreSQL database
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const MESSAGES = Number(process.env.MESSAGES ?? 100_000);
const ROOMS = Number(process.env.ROOMS ?? 4999);
const REPEATS = 30;

const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
const { PATH, DATABASE_URL } = process.env;
const server = spawn(process.execPath, ['dist/main.js'], {
  env: { PATH, ...(DATABASE_URL && { DATABASE_URL }), PORT: '0', DATA_DIR: folder },
});
let greeting = '';
server.stdout.on('data', (chunk) => (greeting += chunk));
while (!greeting.includes('Swagger')) await once(server.stdout, 'data');
const [, url] = /API\s+(\S+)/.exec(greeting);

let token;
async function call(method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function many(count, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
}

const user = { email: 'ada@example.org', password: 'correct horse battery staple' };
token = (await call('POST', '/userauth/userSignup', user)).access_token;
const { id: chatid } = await call('POST', '/chat/', { chat_name: 'deep' });
await many(MESSAGES, () => call('POST', '/message/', { chatid, message: 'x'.repeat(200) }));
token = (await call('POST', '/userauth/userLogin', user)).access_token;
const rooms = [];
await many(ROOMS, async (n) =>
  rooms.push((await call('POST', '/chat/', { chat_name: `${n}` })).id),
);
rooms.sort();
token = (await call('POST', '/userauth/userLogin', user)).access_token;
const { rooms: cursors } = await call('POST', '/sync', {});

const list = `/message/?chat_id=${chatid}`;
const depth = (count, share) => Math.max(1, Math.floor((count - 60) * share));
const routes = {
  'GET /message/?before': (s) => ['GET', `${list}&before=${depth(MESSAGES, s) + 50}`],
  'GET /message/?after': (s) => ['GET', `${list}&after=${depth(MESSAGES, s)}`],
  'GET /message/?changed_after': (s) => ['GET', `${list}&changed_after=${depth(MESSAGES, s)}`],
  'GET /chat/?after': (s) => ['GET', `/chat/?after=${rooms[depth(ROOMS, s)]}`],
  'GET /chat/?joined': (s) => ['GET', `/chat/?joined=true&after=${rooms[depth(ROOMS, s)]}`],
  'POST /sync, one room of 5,000 changed': (s) => [
    'POST',
    '/sync',
    { rooms: { ...cursors, [rooms[depth(ROOMS, s)]]: 0 } },
  ],
};
console.log('median ms at the start, in the middle, at the end:');
for (const [name, request] of Object.entries(routes)) {
  const times = {};
  for (let n = 0; n < REPEATS + 10; n++) {
    for (const share of [0, 0.5, 1]) {
      const begun = performance.now();
      await call(...request(share));
      if (n >= 10) (times[share] ??= []).push(performance.now() - begun);
    }
  }
  const medians = Object.values(times).map((all) => all.sort((a, b) => a - b)[REPEATS / 2]);
  console.log(`${name.padEnd(40)} ${medians.map((ms) => ms.toFixed(1)).join('   ')}`);
}
server.kill('SIGTERM');
await once(server, 'exit');
rmSync(folder, { recursive: true });
