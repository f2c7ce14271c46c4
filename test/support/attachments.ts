import { expect } from 'vitest';
import type { TestApp, TestUser } from './test-app.js';

export const PART_BYTES = 4 * 1024 ** 2;

/** A picture of one pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

interface Given {
  file_name?: string;
  content_type?: string;
  client_id?: string;
}

/** Files by one application, as a client would send and read them. */
export class Files {
  constructor(private readonly app: Pick<TestApp, 'url'>) {}

  /** Begins an upload. @returns its id */
  async begin(user: TestUser, chatId: string, size: number, given: Given = {}): Promise<string> {
    const body = { chat_id: chatId, file_name: 'file.bin', size, ...given };
    const answer = await user.client.post('/attachment/', body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body.id;
  }

  async put(user: TestUser, id: string, part: number, bytes: Buffer): Promise<Response> {
    return fetch(`${this.app.url}/attachment/${id}/parts/${part}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${user.accessToken}` },
      body: new Uint8Array(bytes),
    });
  }

  /** All parts of a file, one after the other. */
  async upload(user: TestUser, chatId: string, bytes: Buffer, given: Given = {}): Promise<string> {
    const id = await this.begin(user, chatId, bytes.length, given);
    for (let at = 0, part = 1; at < bytes.length; at += PART_BYTES, part++) {
      const answer = await this.put(user, id, part, bytes.subarray(at, at + PART_BYTES));
      expect(answer.status, await answer.text()).toBe(204);
    }
    return id;
  }

  /** A message with a file. @returns the ids of both */
  async send(
    user: TestUser,
    chatId: string,
    bytes: Buffer,
    given: Given = {},
  ): Promise<{ id: string; messageId: string }> {
    const id = await this.upload(user, chatId, bytes, given);
    const message = { chatid: chatId, message: 'look', attachments: [id] };
    const { status, body } = await user.client.post('/message/', message);
    expect(status, JSON.stringify(body)).toBe(201);
    return { id, messageId: body.id };
  }

  get(user: TestUser, id: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.app.url}/attachment/${id}/content`, {
      headers: { authorization: `Bearer ${user.accessToken}`, ...headers },
    });
  }

  thumbnail(user: TestUser, id: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.app.url}/attachment/${id}/thumbnail`, {
      headers: { authorization: `Bearer ${user.accessToken}`, ...headers },
    });
  }

  async bytes(user: TestUser, id: string): Promise<Buffer> {
    const answer = await this.get(user, id);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** The URL of a ticket. */
  async ticket(user: TestUser, id: string): Promise<string> {
    const { body } = await user.client.post('/attachment/tickets', { ids: [id] });
    return this.app.url + body.data[0].url;
  }
}
