import { expect } from 'vitest';
import type { Client } from './client.js';

interface Message {
  id: string;
  chat_id: string;
  seq: number;
  change: number;
  sender: unknown;
}

interface Chat {
  id: string;
  last_seq: number;
  last_change: number;
  last_message: Message | null;
  read_seq: number;
  unread_count: number;
}

type Unread = Pick<Chat, 'read_seq' | 'unread_count'>;

interface Synced {
  history: string;
  rooms: Record<string, number>;
  reads: Record<string, Unread>;
  chats: Chat[];
  gone: string[];
  reset: string[];
  messages: Message[];
  has_more: boolean;
}

/** What a client keeps on a phone: rooms, messages, one integer for each room, and the history. */
export class Replica {
  private history: string | undefined;
  private rooms: Record<string, number> = {};
  private readonly chats = new Map<string, Chat>();
  private readonly messages = new Map<string, Message>();

  constructor(public client: Client) {}

  /** Catches up by `POST /sync`, so many messages at a time. Returns the rooms that were reset. */
  async sync(limit: number): Promise<string[]> {
    const reset: string[] = [];
    // A room that is new brings its chat object alone: it is asked for from the beginning next.
    for (let more = true; more;) {
      const { history, rooms } = this;
      const { status, body } = await this.client.post('/sync', { rooms, history, limit });
      expect(status).toBe(200);
      reset.push(...(body as Synced).reset);
      const isNew = this.take(body as Synced);
      more = body.has_more || isNew;
    }
    return reset;
  }

  /** Catches up with the messages of the rooms that it has by `changed_after`. */
  async poll(): Promise<void> {
    for (const [id, change] of Object.entries(this.rooms)) {
      const query = `chat_id=${id}&changed_after=${change}&history=${this.history}&limit=7`;
      const { status, body } = await this.client.get(`/message/?${query}`);
      expect([200, 404]).toContain(status);
      if (status !== 200) continue;
      if (body.reset) this.forget(id);
      // The cursor stays: it counts for the chat object too, which this does not bring.
      for (const message of body.data) this.keep(message);
    }
  }

  state(): object {
    return {
      chats: [...this.chats.values()].map(withoutVolatile).sort(byId),
      messages: [...this.messages.values()].map(withoutSender).sort(byId),
    };
  }

  /** What the server says when everything is read anew. */
  async truth(): Promise<object> {
    const { body } = await this.client.get('/chat/?joined=true&limit=200');
    expect(body.has_more).toBe(false);
    const messages: Message[] = [];
    for (const chat of body.data) {
      for (let after = 0, more = true; more;) {
        const query = `chat_id=${chat.id}&after=${after}&limit=200`;
        const page = (await this.client.get(`/message/?${query}`)).body;
        messages.push(...page.data);
        after = page.data.at(-1)?.seq ?? 0;
        more = page.has_more;
      }
    }
    return {
      chats: body.data.map(withoutVolatile).sort(byId),
      messages: messages.map(withoutSender).sort(byId),
    };
  }

  /** Whether rooms came of which it has nothing yet. */
  private take({ history, rooms, reads, chats, gone, reset, messages }: Synced): boolean {
    this.history = history;
    for (const id of [...gone, ...reset]) this.forget(id);
    for (const chat of chats) this.chats.set(chat.id, chat);
    for (const message of messages) this.keep(message);
    const isNew = Object.keys(rooms).filter((id) => !(id in this.rooms));
    this.rooms = { ...rooms, ...Object.fromEntries(isNew.map((id) => [id, 0])) };
    for (const id of Object.keys(rooms)) {
      const chat = this.chats.get(id)!;
      Object.assign(chat, reads[id] ?? { read_seq: chat.last_seq, unread_count: 0 });
    }
    return isNew.length > 0;
  }

  private keep(message: Message): void {
    const known = this.messages.get(message.id);
    if (!known || known.change <= message.change) this.messages.set(message.id, message);
  }

  private forget(chatId: string): void {
    delete this.rooms[chatId];
    this.chats.delete(chatId);
    for (const [id, message] of this.messages) {
      if (message.chat_id === chatId) this.messages.delete(id);
    }
  }
}

const byId = (one: { id: string }, other: { id: string }): number => (one.id < other.id ? -1 : 1);

/** Profiles are outside `change`; where nothing is unread, the marker may as well stand at the end. */
function withoutVolatile(chat: Chat): { id: string } {
  const last = chat.last_message && withoutSender(chat.last_message);
  const read_seq = chat.unread_count === 0 ? chat.last_seq : chat.read_seq;
  return { ...chat, last_message: last, read_seq, peer: 0 } as { id: string };
}

function withoutSender(message: Message): { id: string } {
  return { ...message, sender: 0 } as { id: string };
}
