// What realtime costs, measured against the built server:
//   npm run build && node bench/realtime.mjs
// In production's settings, but for limits of requests; sockets are opened by as many users as need be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './raw-socket.mjs';

const SOCKETS_PER_USER = 50;
const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
const probe = import.meta.resolve('./heap-probe.mjs');
const server = spawn(process.execPath, ['--import', probe, 'dist/main.js'], {
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    DATA_DIR: folder,
    NODE_ENV: 'test',
    PBKDF2_ITERATIONS: '1',
  },
});
let greeting = '';
server.stdout.on('data', (chunk) => (greeting += chunk));
while (!greeting.includes('Swagger')) await once(server.stdout, 'data');
const [, url] = /API\s+(\S+)/.exec(greeting);

async function call(method, path, token, body) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
  return response.status === 204 ? undefined : response.json();
}

let accounts = 0;
async function signUp() {
  const email = `user${++accounts}@example.org`;
  const user = await call('POST', '/userauth/userSignup', null, { email, password: 'a password' });
  return user.access_token;
}

async function openSockets(count, chatId, onEvent) {
  const sockets = [];
  while (sockets.length < count) {
    const token = await signUp();
    await call('PUT', `/chat/${chatId}/members/me`, token, {});
    const some = Math.min(SOCKETS_PER_USER, count - sockets.length);
    const opened = Array.from({ length: some }, () => connect(url, token, onEvent));
    sockets.push(...(await Promise.all(opened)));
  }
  return sockets;
}

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
/** Of the server, once garbage is collected. */
async function rssBytes() {
  server.send('measure');
  const [{ rss }] = await once(server, 'message');
  return rss;
}
const cpuSeconds = () => {
  const [user, system] = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(' ').slice(13, 15);
  return (Number(user) + Number(system)) / 100;
};

const owner = await signUp();
const newRoom = async () => (await call('POST', '/chat/', owner, { chat_name: 'bench' })).id;
const send = (chatId, message) => call('POST', '/message/', owner, { chatid: chatId, message });

// What a socket costs that hears nothing.
{
  const chatId = await newRoom();
  const before = await rssBytes();
  const sockets = await openSockets(5000, chatId, () => undefined);
  await sleep(5000);
  const each = ((await rssBytes()) - before) / sockets.length / 1024;
  for (const socket of sockets) socket.destroy();
  console.log(`idle sockets: ${sockets.length}, ${each.toFixed(1)} KB each`);
}

// From the call to the arrival, 100 messages of 200 bytes a second to 200 sockets.
{
  const chatId = await newRoom();
  const [begun, times] = [new Map(), []];
  const sockets = await openSockets(200, chatId, (text) => {
    const [, number] = /"message":"(\d+) /.exec(text) ?? [];
    if (number) times.push(performance.now() - begun.get(number));
  });
  for (let n = 0; n < 2500; n++) {
    if (n === 500) times.length = 0; // warm-up
    begun.set(String(n), performance.now());
    void send(chatId, `${n} `.padEnd(200, 'x'));
    await sleep(10);
  }
  await sleep(1000);
  const [median, p99] = [quantile(times, 0.5).toFixed(1), quantile(times, 0.99).toFixed(1)];
  console.log(`send to arrival, 200 sockets: median ${median} ms, p99 ${p99} ms (${times.length})`);
  for (const socket of sockets) socket.destroy();
}

// As many deliveries as there can be: 16 senders at once to 500 sockets.
{
  const chatId = await newRoom();
  let heard = 0;
  const sockets = await openSockets(500, chatId, () => heard++);
  const [until, before, cpu] = [Date.now() + 10_000, heard, cpuSeconds()];
  const sender = async () => {
    while (Date.now() < until) await send(chatId, 'x'.repeat(200));
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  const [count, cost] = [heard - before, cpuSeconds() - cpu];
  await sleep(1000);
  console.log(
    `deliveries, 500 sockets: ${Math.round(count / 10)} a second, ${((cost / count) * 1e6).toFixed(1)} us of CPU each`,
  );
  for (const socket of sockets) socket.destroy();
}

server.kill('SIGKILL');
rmSync(folder, { recursive: true });
process.exit();
