import { performance } from 'node:perf_hooks';
import { call } from './call.js';
import { ofMillion, type Room, startOn } from './search-room.js';
import type { Server } from './server.js';
import { median } from './statistics.js';
import { VOCABULARY } from './talk.js';

const REPEATS = 20;

interface Found {
  data: unknown[];
  has_more: boolean;
  next?: string;
}

interface Cost {
  cpuMs: number;
  ms: number;
  requests: number;
}

/** Every page of an answer that has nothing in it, or the first one. @returns how many */
export async function search(
  server: Server,
  chatId: string,
  token: string,
  q: string,
): Promise<number> {
  let before = '';
  for (let requests = 1; ; requests++) {
    const path = `/message/search?chat_id=${chatId}&q=${q}${before}`;
    const found = await call<Found>(server.url, { method: 'GET', path, token });
    if (!found.has_more || found.data.length > 0) return requests;
    before = `&before=${found.next}`;
  }
}

/** What searches cost that nobody disturbs. */
export async function ask(room: Room): Promise<string[]> {
  const server = await startOn(room);
  const cost = async (q: string, times = 1): Promise<Cost> => {
    const [begun, before] = [performance.now(), server.cpuUs()];
    let requests = 0;
    for (let n = 0; n < times; n++) {
      requests = await search(server, room.chatId, room.tokens[0], q);
    }
    const cpuMs = (server.cpuUs() - before) / 1000 / times;
    return { cpuMs, ms: (performance.now() - begun) / times, requests };
  };
  const shown = ({ cpuMs, ms, requests }: Cost): string =>
    `${cpuMs.toFixed(1)} ms of CPU, ${ms.toFixed(0)} ms, ${requests} requests; ${ofMillion(cpuMs, room).toFixed(0)} ms of CPU`;
  await cost(VOCABULARY[0]); // warms nothing but the newest segment
  await server.ask<number>('longest');
  const cold = await cost('nobodysaidthis');
  for (let n = 0; n < 3; n++) await cost('norcouldthisbe');
  const warm = await cost('neitherwasthis', REPEATS);
  const begun = await cost('northisone&prefix=true', REPEATS);
  const times: number[] = [];
  for (let n = 0; n < REPEATS; n++) times.push((await cost(VOCABULARY[n % 10])).ms);
  const longest = await server.ask<number>('longest');
  await server.stop();
  return [
    `| a word that is not there, the first time; of a million | ${shown(cold)} |`,
    `| another one, later; of a million | ${shown(warm)} |`,
    `| the beginning of one, later; of a million | ${shown(begun)} |`,
    `| first page of a common word, median and longest | ${median(times).toFixed(1)} ms, ${Math.max(...times).toFixed(1)} ms |`,
    `| longest stop of the event loop meanwhile | ${longest.toFixed(1)} ms |`,
  ];
}
