// Whether a route takes longer the larger a room, the deeper it is read, the more rooms there are:
//   npm run build && node --import tsx bench/depth.ts
import { performance } from 'node:perf_hooks';
import { type Call, call } from './call.js';
import { makeSide, type Side } from './depth-side.js';
import { describeMachine } from './machine.js';
import { Server } from './server.js';
import { median } from './statistics.js';
import { Store } from './store.js';

const SIZES = [
  { messages: 1000, rooms: 50 },
  { messages: 100_000, rooms: 5000 },
];
const SHARES = [0, 0.5, 1];
const LIMIT = 20;
const WARM_UP = 50;
const REPEATS = 50;

/** What to ask, at a share of the whole, for the nth time. */
type Request = (side: Side, share: number, n: number) => Call;

const at = (count: number, share: number): number => 1 + Math.floor((count - LIMIT - 2) * share);
const roomAt = ({ roomIds, rooms }: Side, share: number): string => roomIds[at(rooms, share)];

function page(from: string, beyond = 0): Request {
  return ({ roomIds, messages, token }, share) => {
    const cursor = `${from}=${at(messages, share) + beyond}`;
    const path = `/message/?chat_id=${roomIds[0]}&limit=${LIMIT}&${cursor}`;
    return { method: 'GET', path, token };
  };
}

function rooms(query: string): Request {
  return (side, share) => {
    const path = `/chat/?limit=${LIMIT}&after=${roomAt(side, share)}${query}`;
    return { method: 'GET', path, token: side.token };
  };
}

const ROUTES: Record<string, Request> = {
  'GET /message/?before': page('before', LIMIT),
  'GET /message/?after': page('after'),
  'GET /message/?changed_after': page('changed_after'),
  'GET /chat/?after': rooms(''),
  'GET /chat/?joined': rooms('&joined=true'),
  'POST /sync, one room changed': (side, share) => {
    const body = { rooms: { ...side.cursors, [roomAt(side, share)]: 0 } };
    return { method: 'POST', path: '/sync', token: side.token, body };
  },
  'PATCH /message/{message_id}': ({ messageIds, token }, share, n) => {
    const path = `/message/${messageIds[share * 2]}`;
    return { method: 'PATCH', path, token, body: { message: `edit ${n}` } };
  },
  'PUT, DELETE …/reactions/{emoji}': ({ messageIds, token }, share, n) => {
    const path = `/message/${messageIds[share * 2]}/reactions/%F0%9F%91%8D`;
    return { method: n % 2 === 0 ? 'PUT' : 'DELETE', path, token };
  },
  'POST /message/': ({ roomIds, token }) => {
    const body = { chatid: roomIds[0], message: 'x'.repeat(200) };
    return { method: 'POST', path: '/message/', token, body };
  },
  'PUT /chat/{chat_id}/read': ({ roomIds, readerToken: token }, share, n) => {
    const seq = SHARES.length * n + 2 * share + 1; // on by one each time
    return { method: 'PUT', path: `/chat/${roomIds[0]}/read`, token, body: { seq } };
  },
};

/** Milliseconds for each side and share; all take turns, so that a drift of the machine meets all. */
async function measure(sides: Side[], request: Request): Promise<number[][]> {
  const times = sides.map(() => SHARES.map((): number[] => []));
  for (let n = 0; n < WARM_UP + REPEATS; n++) {
    for (const [s, side] of sides.entries()) {
      for (const [place, share] of SHARES.entries()) {
        const begun = performance.now();
        await call(side.url, request(side, share, n));
        if (n >= WARM_UP) times[s][place].push(performance.now() - begun);
      }
    }
  }
  return times.map((places) => places.map(median));
}

async function main(): Promise<void> {
  const { date, commit, cores, cpu, postgres } = await describeMachine();
  console.log(`${date.slice(0, 10)}, commit ${commit}, ${cores} cores of ${cpu}`);
  for (const kind of postgres ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)) {
    const sides = [];
    for (const size of SIZES) sides.push(await makeSide(kind, size));
    const sizes = SIZES.map((size) =>
      Object.entries(size).map(([of, count]) => `${count.toLocaleString('en')} ${of}`),
    );
    console.log(`\n| ${[kind, ...sizes].join(' | ')} |\n| --- | --- | --- |`);
    for (const [name, request] of Object.entries(ROUTES)) {
      const cells = (await measure(sides, request)).map((medians) =>
        medians.map((ms) => ms.toFixed(1)).join(' / '),
      );
      console.log(`| ${[`\`${name}\``, ...cells].join(' | ')} |`);
    }
    await cleanUp();
  }
}

async function cleanUp(): Promise<void> {
  await Server.stopAll();
  await Store.dropAll();
}

await main().finally(cleanUp);
