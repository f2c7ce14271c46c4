// What log-ins give away and what they cost others, measured against the built server:
//   npm run build && node bench/log-ins.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
const server = spawn(process.execPath, ['dist/main.js'], {
  env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: folder },
});
let greeting = '';
server.stdout.on('data', (chunk) => (greeting += chunk));
while (!greeting.includes('Swagger')) await once(server.stdout, 'data');
const [, url] = /API\s+(\S+)/.exec(greeting);

async function post(path, body, token) {
  const begun = performance.now();
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  return { status: response.status, answer, ms: performance.now() - begun };
}

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const show = (values) =>
  `median ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms (${values.length})`;

const user = { email: 'ada@example.org', password: 'correct horse battery staple' };
const { answer: me } = await post('/userauth/userSignup', user);
const { answer: chat } = await post('/chat/', { chat_name: 'bench' }, me.access_token);

// Unknown e-mail and wrong password, in turn, so that drift of the machine hits both.
const [unknown, wrong] = [[], []];
for (let n = 0; n < 30; n++) {
  unknown.push((await post('/userauth/userLogin', { ...user, email: `${n}@example.org` })).ms);
  wrong.push((await post('/userauth/userLogin', { ...user, password: `wrong ${n}` })).ms);
}
console.log(`log-in, unknown e-mail   ${show(unknown)}`);
console.log(`log-in, wrong password   ${show(wrong)}`);

const send = () =>
  post('/message/', { chatid: chat.id, message: 'x'.repeat(200) }, me.access_token);
async function sends(until) {
  const times = [];
  while (!until(times)) times.push((await send()).ms);
  return times;
}
await sends((times) => times.length === 500); // warm-up
console.log(`send, quiet              ${show(await sends((times) => times.length === 1000))}`);

let waiting = 200;
const statuses = {};
for (let n = 0; n < 200; n++) {
  void post('/userauth/userLogin', user).then(({ status }) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    waiting--;
  });
}
console.log(`send, 200 log-ins wait   ${show(await sends(() => waiting === 0))}`);
console.log(`those log-ins answered   ${JSON.stringify(statuses)}`);

server.kill('SIGTERM');
await once(server, 'exit');
rmSync(folder, { recursive: true });
