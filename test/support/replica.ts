import { expect } from 'vitest';
import type { TestUser } from './test-app.js';

interface Message {
  id: string;
  chat_id: string;
  seq: number;
  change: number;
  sender: unknown;
}

interface Chat {
  id: string;
  last_change: number;
}

/** What a client keeps on a phone: rooms, messages, and one integer for each room. */
export class Replica {
  private rooms: Record<string, number> = {};
  private readonly chats = new Map<string, Chat>();
  private readonly messages = new Map<string, Message>();

  constructor(private readonly user: TestUser) {}

  /** Catches up by `POST /sync`, so many messages at a time. */
  async sync(limit: number): Promise<void> {
    // A room that is new brings its chat object alone: it is asked for from the beginning next.
    for (let more = true; more;) {
      const { status, body } = await this.user.client.post('/sync', { rooms: this.rooms, limit });
      expect(status).toBe(200);
      for (const chat of body.chats) this.chats.set(chat.id, chat);
      for (const message of body.messages) this.keep(message);
      for (const id of body.gone) this.forget(id);
      const isNew = Object.keys(body.rooms).filter((id) => !(id in this.rooms));
      this.rooms = { ...body.rooms, ...Object.fromEntries(isNew.map((id) => [id, 0])) };
      more = body.has_more || isNew.length > 0;
    }
  }

  /** Catches up with the messages of the rooms that it has by `changed_after`. */
  async poll(): Promise<void> {
    for (const [id, change] of Object.entries(this.rooms)) {
      const query = `chat_id=${id}&changed_after=${change}&limit=7`;
      const { status, body } = await this.user.client.get(`/message/?${query}`);
      expect([200, 404]).toContain(status);
      // The cursor stays: it counts for the chat object too, which this does not bring.
      if (status === 200) for (const message of body.data) this.keep(message);
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
    const { body } = await this.user.client.get('/chat/?joined=true&limit=200');
    expect(body.has_more).toBe(false);
    const messages: Message[] = [];
    for (const chat of body.data) {
      for (let after = 0, more = true; more;) {
        const query = `chat_id=${chat.id}&after=${after}&limit=200`;
        const page = (await this.user.client.get(`/message/?${query}`)).body;
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

  private keep(message: Message): void {
    const known = this.messages.get(message.id);
    if (!known || known.change <= message.change) this.messages.set(message.id, message);
  }

  private forget(chatId: string): void {
    this.chats.delete(chatId);
    for (const [id, message] of this.messages) {
      if (message.chat_id === chatId) this.messages.delete(id);
    }
  }
}

const byId = (one: { id: string }, other: { id: string }): number => (one.id < other.id ? -1 : 1);

/** Read markers and profiles are outside `change`. */
function withoutVolatile(chat: Chat): { id: string } {
  return { ...chat, read_seq: 0, unread_count: 0, peer: 0 } as { id: string };
}

function withoutSender(message: Message): { id: string } {
  return { ...message, sender: 0 } as { id: string };
}
