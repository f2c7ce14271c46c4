import type { Load } from './load.js';
import { Loader } from './loader.js';
import { search } from './search-calls.js';
import { type Room, startOn } from './search-room.js';
import { dropSegments } from './segment-count.js';
import type { Server } from './server.js';

const CONNECTIONS = 16;
const WARM_UP_SECONDS = 3;
const SECONDS = 8;
const SEARCHES = 4;

const rateOf = ({ requests, elapsedMs }: Load): number => (requests * 1000) / elapsedMs;

async function send(loader: Loader, room: Room, { url }: Server, seconds: number): Promise<Load> {
  const [token, readerToken] = room.tokens;
  const rooms = { sendRoom: room.otherId, largeRoom: room.chatId, messages: room.messages };
  const world = { email: '', password: '', token, readerToken, editable: [], ...rooms };
  const load = await loader.run({ url, world, calls: 'send', connections: CONNECTIONS, seconds });
  if (load.failed > 0) throw new Error(`${load.failed} sends failed`);
  return load;
}

/** Sends for a while, on a server of its own. */
async function sends(
  room: Room,
  alongside?: (server: Server) => () => Promise<unknown>,
): Promise<Load> {
  const loader = new Loader();
  const server = await startOn(room);
  try {
    const stop = alongside?.(server);
    await send(loader, room, server, WARM_UP_SECONDS);
    const load = await send(loader, room, server, SECONDS);
    await stop?.();
    return load;
  } finally {
    loader.stop();
    await server.stop();
  }
}

/** People who look for what is not there, again and again. */
function searchers({ chatId, tokens }: Room): (server: Server) => () => Promise<unknown> {
  return (server) => {
    let isOver = false;
    const people = tokens.slice(1, 1 + SEARCHES).map(async (token) => {
      for (let n = 0; !isOver; n++) await search(server, chatId, token, `nobodysaid${n}`);
    });
    return () => {
      isOver = true;
      return Promise.all(people);
    };
  };
}

/** What sends cost alone, beside searches, and while all segments are made anew. */
export async function sendsBeside(room: Room): Promise<string[]> {
  const alone = await sends(room);
  const beside = await sends(room, searchers(room));
  await dropSegments(room.store);
  const meanwhile = await sends(room);
  const shown = (load: Load): string =>
    `${rateOf(load).toFixed(0)} a second, p99 ${load.p99Ms.toFixed(1)} ms`;
  const ratio = (rateOf(meanwhile) / rateOf(alone)).toFixed(2);
  return [
    `| sends of ${CONNECTIONS} without a pause | ${shown(alone)} |`,
    `| the same while segments are made | ${shown(meanwhile)}; ${ratio} |`,
    `| the same beside ${SEARCHES} searches of a word that is not there | ${shown(beside)} |`,
  ];
}
