// What log-ins give away, and what they cost those who send meanwhile:
//   npm run build && node --import tsx bench/log-ins.ts
import { performance } from 'node:perf_hooks';
import { headersOf } from './call.js';
import { Server } from './server.js';
import { quantile } from './statistics.js';
import { Store } from './store.js';
import { conclave } from './targets.js';

const USER = { email: 'ada@example.org', password: 'correct horse battery staple' };
const LOG_IN = '/userauth/userLogin';
const LOG_INS = 200;

interface Answer {
  status: number;
  ms: number;
  body: { access_token: string; id: string };
}

async function post(url: string, path: string, body: object, token?: string): Promise<Answer> {
  const begun = performance.now();
  const method = 'POST';
  const headers = headersOf({ method, path, token, body });
  const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as Answer['body'];
  return { status: response.status, ms: performance.now() - begun, body: answer };
}

function show(name: string, times: number[]): void {
  const [middle, p99] = [0.5, 0.99].map((share) => quantile(times, share).toFixed(1));
  console.log(`${name.padEnd(24)} median ${middle} ms, p99 ${p99} ms (${times.length})`);
}

/** In turn, so that a drift of the machine meets both. */
async function measureRefusals(url: string): Promise<void> {
  const [unknown, wrong]: number[][] = [[], []];
  for (let n = 0; n < 30; n++) {
    unknown.push((await post(url, LOG_IN, { ...USER, email: `${n}@example.org` })).ms);
    wrong.push((await post(url, LOG_IN, { ...USER, password: `wrong ${n}` })).ms);
  }
  show('log-in, unknown e-mail', unknown);
  show('log-in, wrong password', wrong);
}

async function measureSends(url: string, token: string): Promise<void> {
  const { body: chat } = await post(url, '/chat/', { chat_name: 'bench' }, token);
  const message = { chatid: chat.id, message: 'x'.repeat(200) };
  const sends = async (isEnough: (count: number) => boolean): Promise<number[]> => {
    const times: number[] = [];
    while (!isEnough(times.length)) times.push((await post(url, '/message/', message, token)).ms);
    return times;
  };
  await sends((count) => count === 500); // warm-up
  show('send, quiet', await sends((count) => count === 1000));

  const statuses: Record<string, number> = {};
  let answered = 0;
  const logIns = Array.from({ length: LOG_INS }, async () => {
    const { status } = await post(url, LOG_IN, USER);
    statuses[status] = (statuses[status] ?? 0) + 1;
    answered++;
  });
  show(`send, ${LOG_INS} log-ins wait`, await sends(() => answered === LOG_INS));
  await Promise.all(logIns);
  console.log(`those log-ins answered   ${JSON.stringify(statuses)}`);
}

async function main(): Promise<void> {
  const { url } = await conclave.start(await Store.create('sqlite'), 'default');
  const { body } = await post(url, '/userauth/userSignup', USER);
  await measureRefusals(url);
  await measureSends(url, body.access_token);
}

await main().finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
