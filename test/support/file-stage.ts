import { randomBytes } from 'node:crypto';
import {
  type ClientStorage,
  ConclaveClient,
  type Room,
  type RoomMessage,
  type Upload,
} from '@conclave/client';
import { expect } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { fastTimers } from './fast-timers.js';
import { PASSWORD, TestApp, type TestUser } from './test-app.js';
import { Wire } from './wire.js';

export const MIB = 1024 ** 2;
export const NEVER = new Promise<never>(() => undefined);
/** Four parts of 4 MiB, and a fifth. */
export const BYTES = randomBytes(17 * MIB);
export const ONE = new Uint8Array([0x31]);
export const large = (): File => fileOf(BYTES, 'harbour.bin');

export function fileOf(bytes: Uint8Array<ArrayBuffer>, name: string, type = ''): File {
  return new File([bytes], name, { type, lastModified: 1 });
}

export const last = (room: Room): RoomMessage | undefined => room.getSnapshot().messages.at(-1);

/** What is kept of uploads. */
export const records = async (storage: ClientStorage): Promise<string[]> =>
  (await storage.keys()).filter((key) => key.startsWith('upload/'));

/** The id by which the server has it. */
export async function idOf(upload: Upload): Promise<string> {
  return (await upload.done.catch(() => upload.attachment)).id;
}

/** Somebody in a room, with a page of theirs after the other. */
export class FileStage {
  user!: TestUser;
  chatId!: string;
  private readonly clients: ConclaveClient[] = [];

  private constructor(readonly app: TestApp) {}

  static async start(): Promise<FileStage> {
    return new FileStage(await TestApp.start({ ATTACHMENT_MAX_BYTES: `${20 * MIB}` }));
  }

  async enter(): Promise<void> {
    ({ user: this.user, chatId: this.chatId } = await this.app.givenMember());
  }

  async leave(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
  }

  stop(): Promise<void> {
    return this.app.stop();
  }

  /** A page, which goes on with what the one before has left in the storage. */
  async open(storage: ClientStorage): Promise<{ client: ConclaveClient; room: Room; wire: Wire }> {
    const wire = new Wire();
    const { url } = this.app;
    const timers = fastTimers(50);
    const client = new ConclaveClient({ url, storage, timers, fetch: wire.fetch });
    this.clients.push(client);
    if (!(await storage.get('session'))) await client.logIn(this.user.email, PASSWORD);
    const room = client.room(this.chatId);
    await expect.poll(() => room.getSnapshot().chat).not.toBeNull();
    await room.open();
    return { client, room, wire };
  }

  /** What lies in the room, by the API. */
  async sentFiles(): Promise<{ id: string; bytes: Buffer }[]> {
    const { client, accessToken } = this.user;
    const { body } = await client.get(`/message/?chat_id=${this.chatId}`);
    const files = body.data.flatMap((message: RoomMessage) => message.attachments);
    return Promise.all(
      files.map(async ({ id }: { id: string }) => {
        const headers = { authorization: `Bearer ${accessToken}` };
        const answer = await fetch(`${this.app.url}/attachment/${id}/content`, { headers });
        return { id, bytes: Buffer.from(await answer.arrayBuffer()) };
      }),
    );
  }

  /** Has the server drop an upload that was not sent in time. */
  async expire(id: string): Promise<void> {
    await this.app.sql('UPDATE attachment SET remove_at = 1 WHERE id = ?', [id]);
    await this.app.nest.get(AttachmentRemoval).settle();
  }

  /** How many uploads the server waits for the parts of. */
  async unfinished(): Promise<number> {
    const sql = 'SELECT upload_count FROM users WHERE id = ?';
    const [row] = await this.app.sql<{ upload_count: number }>(sql, [this.user.id]);
    return Number(row.upload_count);
  }

  /** What the server says to whoever asks for an upload. */
  async statusOf(id: string): Promise<number> {
    return (await this.user.client.get(`/attachment/${id}`)).status;
  }
}
