// What search costs in a room of many messages, by people who each wrote some of them, and who sends meanwhile:
//   npm run build && node --import tsx bench/search.ts [--messages 1000000] [--authors 40] [--database sqlite]
// Of fewer messages it says as well what a million would cost: the cache is smaller in proportion.
import { parseArgs } from 'node:util';
import { FullText } from './full-text.js';
import { describeMachine } from './machine.js';
import type { DatabaseKind } from './options.js';
import { ask } from './search-calls.js';
import { index, makeRoom, type Size } from './search-room.js';
import { sendsBeside } from './search-sends.js';
import { Server } from './server.js';
import { Store } from './store.js';
import { sentence, VOCABULARY } from './talk.js';

async function measure(kind: DatabaseKind, size: Size): Promise<void> {
  console.log(`| ${kind}, ${size.messages} messages, ${size.authors} authors | |\n| --- | --- |`);
  const print = (lines: string[]): void => console.log(lines.join('\n'));
  const plain = new FullText();
  try {
    const room = await makeRoom(kind, size, () => plain.add(sentence()));
    print(await index(room));
    print(await ask(room));
    print(await sendsBeside(room));
    print(plain.ask('nobodysaidthis', VOCABULARY[0]));
  } finally {
    plain.close();
  }
}

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    authors: { type: 'string', default: '40' },
    database: { type: 'string', default: 'sqlite' },
  },
});
const { date, commit, cores, cpu } = await describeMachine();
console.log(`${date.slice(0, 10)}, commit ${commit}, ${cores} cores of ${cpu}\n`);
const size = { messages: Number(values.messages), authors: Number(values.authors) };
await measure(values.database as DatabaseKind, size).finally(async () => {
  await Server.stopAll();
  await Store.dropAll();
});
