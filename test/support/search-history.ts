import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type Word, wordsOf } from '../../src/common/fold-text.js';
import type { Query } from './searches.js';
import { PASSWORD, type TestApp, type TestUser } from './test-app.js';

/** Words that are alike: folded, as parts of others, in scripts with and without spaces. */
const WORDS = [
  'harbour',
  'Harbour',
  'Hârbour',
  'harbours',
  'tea',
  'teapot',
  'TEA',
  'Straße',
  'strasse',
  '東京',
  '東京都',
  '京都',
  'データ',
  'ﾃﾞｰﾀ',
  'ไทย',
  'ภาษาไทย',
  '한국어',
  'हिन्दी',
  'שלום',
  '👍',
  '👍🏽',
  '👨‍👩‍👧',
  '❤️',
  '🇩🇪',
  'C++',
  '3.14',
  'don’t',
  'https://example.org/tea',
  'ＡＢＣ',
];
const BETWEEN = [' ', ' ', ' ', ', ', '', '\n', ' — '];

interface Sent {
  id: string;
  seq: number;
  senderId: string;
  createdAt: string;
  /** Null once it is deleted, or its author is erased. */
  text: string | null;
}

interface Room {
  id: string;
  owner: TestUser;
  /** By `seq`. */
  messages: Sent[];
  members: Set<string>;
}

/** One kind of thing that happens; where it cannot happen now, nothing does. */
export interface Step {
  name: string;
  /** How often it happens, as against others. */
  weight: number;
  play: (history: History) => Promise<void>;
}

/** What people do in a few rooms, and what of it is to be found: plain texts, and the same fold. */
export class History {
  readonly users: TestUser[] = [];
  /** In the order of their ids. */
  readonly rooms: Room[] = [];

  private constructor(
    readonly app: TestApp,
    readonly random: () => number,
  ) {}

  static async begin(app: TestApp, random: () => number): Promise<History> {
    const history = new History(app, random);
    for (let n = 0; n < 3; n++) history.users.push(await app.givenUser());
    for (let n = 0; n < 2; n++) await history.makeRoom();
    return history;
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<T>(items: T[]): T | undefined {
    return items[this.below(items.length)];
  }

  async makeRoom(): Promise<void> {
    const owner = this.pick(this.users)!;
    const id = await this.app.givenChat(owner, { visibility: 'private' });
    for (const { id: userId } of this.users) {
      await this.ask(owner, 'PUT', `/chat/${id}/members/${userId}`);
    }
    const members = new Set(this.users.map((user) => user.id));
    this.rooms.push({ id, owner, messages: [], members });
  }

  text(): string {
    let text = this.pick(WORDS)!;
    for (let left = this.below(6); left > 0; left--)
      text += this.pick(BETWEEN)! + this.pick(WORDS)!;
    return text;
  }

  /** A message that is there, its room, and somebody who may change it. */
  anyMessage(): { message: Sent; room: Room; sender: TestUser } | undefined {
    const room = this.pick(this.rooms)!;
    const message = this.pick(room.messages.filter(({ text }) => text !== null));
    const sender = this.users.find(({ id }) => id === message?.senderId);
    return message && sender && room.members.has(sender.id) ? { message, room, sender } : undefined;
  }

  async ask(
    { client }: TestUser,
    method: string,
    path: string,
    body?: object,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ): Promise<any> {
    const answer = await client.request(method, path, body);
    expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }

  /** Something to look for, by somebody who is there. */
  question(): { user: TestUser; query: Query } {
    const user = this.pick(this.users)!;
    const own = this.rooms.filter(({ members }) => members.has(user.id));
    const room = this.below(3) > 0 ? this.pick(own) : undefined;
    const times = own.flatMap(({ messages }) => messages.map(({ createdAt }) => createdAt));
    const query: Query = { q: this.sought(), limit: 1 + this.below(4), highlight: 'true' };
    if (room) query.chat_id = room.id;
    if (this.below(3) === 0) query.prefix = 'true';
    if (this.below(6) === 0) query.sender_id = this.pick(this.users)!.id;
    if (times.length > 0 && this.below(8) === 0) query.from = this.pick(times)!;
    if (times.length > 0 && query.from === undefined && this.below(8) === 0) {
      query.to = this.pick(times)!;
    }
    return { user, query };
  }

  /** The ids of the messages that a question is to find, in their order. */
  answer({ user, query }: { user: TestUser; query: Query }): string[] {
    const { q, chat_id, prefix, sender_id, from, to } = query as Record<string, string | undefined>;
    const fits = ({ text, senderId, createdAt }: Sent): boolean =>
      text !== null &&
      (sender_id === undefined || sender_id === senderId) &&
      (from === undefined || from <= createdAt) &&
      (to === undefined || createdAt < to) &&
      holds(wordsOf(text), q!, prefix === 'true');
    return this.rooms
      .filter(({ id, members }) => members.has(user.id) && (chat_id ?? id) === id)
      .reverse()
      .flatMap(({ messages }) => messages.filter(fits).reverse())
      .map(({ id }) => id);
  }

  private sought(): string {
    const parts = Array.from({ length: 1 + this.below(3) }, () => {
      const word = [...this.pick(WORDS)!];
      const begin = this.below(4) === 0 ? this.below(word.length) : 0;
      const end = this.below(4) === 0 ? begin + 1 + this.below(word.length - begin) : word.length;
      return word.slice(begin, end).join('');
    });
    const text = parts.join(this.pick(BETWEEN.filter((between) => between !== '')));
    const q = this.below(3) === 0 ? `"${text}"` : text;
    const count = new Set(wordsOf(q).map((word) => word.text)).size;
    return count > 0 && wordsOf(q).length <= 8 ? q : this.sought();
  }
}

/** Whether words hold all that is looked for, word by word. */
function holds(words: Word[], q: string, isPrefix: boolean): boolean {
  const parts = q.split('"').map((part, n) => ({ words: wordsOf(part), isPhrase: n % 2 === 1 }));
  const phrases = parts
    .flatMap((part) => (part.isPhrase ? [part.words] : part.words.map((word) => [word])))
    .filter((phrase) => phrase.length > 0);
  return phrases.every((phrase, n) => {
    const isBegun = isPrefix && n === phrases.length - 1;
    return words.some((_word, at) => stands(phrase, words.slice(at), isBegun));
  });
}

/** Whether a phrase stands at the beginning of these words. */
function stands(phrase: Word[], words: Word[], isBegun: boolean): boolean {
  if (words.length < phrase.length) return false;
  return phrase.every(({ text, isUnspaced }, n) => {
    const [isFirst, isLast] = [n === 0, n === phrase.length - 1];
    const found = words[n].text;
    if (isFirst && isLast && isUnspaced) return found.includes(text);
    if (isFirst && isUnspaced) return found.endsWith(text);
    if (isLast && (isUnspaced || isBegun)) return found.startsWith(text);
    return found === text;
  });
}

const send: Step = {
  name: 'send',
  weight: 10,
  async play(history) {
    const room = history.pick(history.rooms)!;
    const senders = history.users.filter(({ id }) => room.members.has(id));
    for (let left = 1 + history.below(6); left > 0; left--) {
      const sender = history.pick(senders)!;
      const text = history.text();
      const named = { chatid: room.id, message: text, client_id: randomUUID() };
      const { id, seq, created_at } = await history.ask(sender, 'POST', '/message/', named);
      room.messages.push({ id, seq, senderId: sender.id, createdAt: created_at, text });
    }
  },
};

const edit: Step = {
  name: 'edit',
  weight: 4,
  async play(history) {
    const found = history.anyMessage();
    if (!found) return;
    found.message.text = history.text();
    const { id, text } = found.message;
    await history.ask(found.sender, 'PATCH', `/message/${id}`, { message: text });
  },
};

const remove: Step = {
  name: 'delete',
  weight: 3,
  async play(history) {
    const found = history.anyMessage();
    if (!found) return;
    found.message.text = null;
    await history.ask(found.sender, 'DELETE', `/message/${found.message.id}`);
  },
};

const erase: Step = {
  name: 'erase',
  weight: 1,
  async play(history) {
    const owners = new Set(history.rooms.map(({ owner }) => owner.id));
    const user = history.pick(history.users.filter(({ id }) => !owners.has(id)));
    if (!user) return;
    await history.ask(user, 'DELETE', '/userauth/me', { password: PASSWORD });
    history.users.splice(history.users.indexOf(user), 1);
    for (const { messages, members } of history.rooms) {
      members.delete(user.id);
      for (const message of messages) if (message.senderId === user.id) message.text = null;
    }
  },
};

const come: Step = {
  name: 'come or leave',
  weight: 1,
  async play(history) {
    const room = history.pick(history.rooms)!;
    const user = history.pick(history.users.filter(({ id }) => id !== room.owner.id));
    if (!user) return;
    const isMember = room.members.has(user.id);
    const path = `/chat/${room.id}/members/${user.id}`;
    await history.ask(room.owner, isMember ? 'DELETE' : 'PUT', path);
    if (isMember) room.members.delete(user.id);
    else room.members.add(user.id);
  },
};

const makeRoom: Step = { name: 'room', weight: 1, play: (history) => history.makeRoom() };

/** What can happen; none of it needs to know how messages are searched. */
export const STEPS: Step[] = [send, edit, remove, erase, come, makeRoom];

/** One of these steps, by their weights. */
export function stepOf(history: History, steps: Step[]): Step {
  const sum = steps.reduce((total, { weight }) => total + weight, 0);
  let at = history.random() * sum;
  return steps.find(({ weight }) => (at -= weight) < 0)!;
}
