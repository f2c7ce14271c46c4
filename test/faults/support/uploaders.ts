import { createCipheriv, createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const PART_BYTES = 4 * 1024 ** 2;
const PASSWORD = 'correct horse battery staple';
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 20;
/** What the fate of a request may be while a server is killed, besides that it succeeds. */
const PASSING = ['lost', '503', '408', '429'];

interface Reply {
  status: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A file, and how far it has come. */
interface Upload {
  token: string;
  clientId: string;
  size: number;
  id?: string;
  /** Parts that the server said it has. */
  acknowledged: Set<number>;
  isToBeSent: boolean;
}

/** A message that was acknowledged, and its file. */
interface Sent {
  messageId: string;
  fileId: string;
}

/**
 * Users who send files into one public room, one after the other, whatever happens to the server
 * meanwhile: what is lost, or a 503, is asked again.
 */
export class Uploaders {
  /** In the order of the answers. */
  readonly ledger: Sent[] = [];
  /** Each kind of answer that nobody should get. */
  readonly unexpected: string[] = [];
  /** Parts that were acknowledged and were not there later. */
  readonly lostParts: string[] = [];
  /** Files that were begun, and are not to be finished. */
  abandoned = 0;
  /** Sizes by the names that files are sent under. */
  private readonly sizes = new Map<string, number>();
  private readonly later: Upload[] = [];
  private readonly tasks: Promise<void>[] = [];
  private isStopping = false;

  private constructor(
    private readonly url: string,
    private readonly token: string,
    readonly chatId: string,
    private readonly random: () => number,
  ) {}

  static async prepare(url: string, random: () => number): Promise<Uploaders> {
    const token = await signUp(url);
    const { body } = await ask(url, 'POST', '/chat/', token, { chat_name: 'Files' });
    return new Uploaders(url, token, body.id as string, random);
  }

  begin(count: number): void {
    for (let n = 0; n < count; n++) this.tasks.push(this.work());
  }

  /** Ends once every file that was begun, and is to be sent, has been. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.tasks);
    await Promise.all(this.later.map((upload) => this.finish(upload, true)));
  }

  /** Reads every message of the room, and every byte of its files. */
  async verify(): Promise<{ messages: number; files: number; wrong: string[]; missing: string[] }> {
    const shown = new Set<string>();
    const wrong: string[] = [];
    let files = 0;
    const messages = await this.readRoom();
    for (const { id, attachments } of messages) {
      if (attachments.length !== 1) wrong.push(`${id} has ${attachments.length} files`);
      for (const { id: fileId, file_name: name } of attachments) {
        shown.add(`${id} ${fileId}`);
        files++;
        if (!(await this.isWhole(fileId, name))) wrong.push(`${fileId} of ${id}`);
      }
    }
    const missing = this.ledger.filter(
      ({ messageId, fileId }) => !shown.has(`${messageId} ${fileId}`),
    );
    return {
      messages: messages.length,
      files,
      wrong,
      missing: missing.map(({ fileId }) => fileId),
    };
  }

  /** And with it all files that were sent. */
  async deleteRoom(): Promise<void> {
    const { status } = await ask(this.url, 'DELETE', `/chat/${this.chatId}`, this.token);
    if (status !== '204') throw new Error(`DELETE /chat answers ${status}`);
  }

  private async readRoom(): Promise<
    { id: string; attachments: { id: string; file_name: string }[] }[]
  > {
    const all = [];
    for (let more = true; more;) {
      const after = all.at(-1)?.seq ?? 0;
      const path = `/message/?chat_id=${this.chatId}&after=${after}&limit=200`;
      const { body } = await ask(this.url, 'GET', path, this.token);
      all.push(...body.data);
      more = body.has_more;
    }
    return all;
  }

  private async isWhole(id: string, name: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${this.token}` };
    const answer = await fetch(`${this.url}/attachment/${id}/content`, { headers });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const size = this.sizes.get(name);
    return size !== undefined && answer.status === 200 && bytes.equals(bytesOf(name, 0, size));
  }

  private async work(): Promise<void> {
    let token = await signUp(this.url);
    while (!this.isStopping) {
      const clientId = randomUUID();
      const isLarge = this.random() < 0.3;
      const size = isLarge
        ? PART_BYTES + Math.ceil(this.random() * 100_000)
        : Math.ceil(this.random() * 700_000);
      this.sizes.set(clientId, size);
      const isToBeSent = this.random() > 0.1;
      const upload = { token, clientId, size, acknowledged: new Set<number>(), isToBeSent };
      const isBegun = await this.start(upload);
      if (isBegun) await this.finish(upload, false);
      else token = await signUp(this.url); // too many of theirs are unfinished
    }
  }

  /** @returns false where the user has to finish others first */
  private async start(upload: Upload): Promise<boolean> {
    const { clientId, size } = upload;
    const file = { chat_id: this.chatId, file_name: clientId, size, client_id: clientId };
    const { status, body } = await this.insist(upload, 'POST', '/attachment/', file, [
      '200',
      '201',
      '403',
    ]);
    upload.id = body?.id;
    return status !== '403';
  }

  /** Sends the parts that are missing, and the message; a check that takes its time is left for later. */
  private async finish(upload: Upload, isPatient: boolean): Promise<void> {
    for (;;) {
      const { body } = await this.insist(upload, 'GET', `/attachment/${upload.id}`, undefined, [
        '200',
      ]);
      if (body.state === 'complete') return this.send(upload);
      if (body.state === 'checking') {
        if (!isPatient) return void this.later.push(upload);
        await sleep(500);
        continue;
      }
      const parts = body.parts as number[];
      const lost = [...upload.acknowledged].filter((part) => !parts.includes(part));
      this.lostParts.push(...lost.map((part) => `${part} of ${upload.id}`));
      if (!upload.isToBeSent) return void this.abandoned++;
      await this.put(upload, parts.includes(1) ? 2 : 1);
    }
  }

  private async put(upload: Upload, part: number): Promise<void> {
    const path = `/attachment/${upload.id}/parts/${part}`;
    const bytes = bytesOf(
      upload.clientId,
      (part - 1) * PART_BYTES,
      Math.min(part * PART_BYTES, upload.size),
    );
    const { status } = await ask(this.url, 'PUT', path, upload.token, bytes);
    if (status === '204') upload.acknowledged.add(part);
    else if (status === '409')
      return; // it is there already: its state tells
    else this.note(status, 'PUT');
  }

  private async send(upload: Upload): Promise<void> {
    const { clientId, id } = upload;
    const message = {
      chatid: this.chatId,
      message: clientId,
      client_id: clientId,
      attachments: [id],
    };
    const { body } = await this.insist(upload, 'POST', '/message/', message, ['200', '201']);
    this.ledger.push({ messageId: body.id, fileId: id! });
  }

  private async insist(
    { token }: Upload,
    method: string,
    path: string,
    body: object | undefined,
    wanted: string[],
  ): Promise<Reply> {
    for (;;) {
      const reply = await ask(this.url, method, path, token, body);
      if (wanted.includes(reply.status)) return reply;
      this.note(reply.status, `${method} ${path.split('/')[1]}`, reply.body);
      await sleep(PAUSE_MS);
    }
  }

  private note(status: string, what: string, body?: object): void {
    if (PASSING.includes(status)) return;
    const kind = `${what} ${status} ${JSON.stringify({ ...body, request_id: undefined })}`;
    if (!this.unexpected.includes(kind)) this.unexpected.push(kind);
    if (this.unexpected.length > 20) throw new Error(this.unexpected.join('\n'));
  }
}

async function ask(
  url: string,
  method: string,
  path: string,
  token: string | undefined,
  body?: object,
): Promise<Reply> {
  const isBytes = body instanceof Uint8Array;
  try {
    const answer = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: String(answer.status), body: text ? JSON.parse(text) : undefined };
  } catch {
    await sleep(PAUSE_MS);
    return { status: 'lost', body: undefined };
  }
}

async function signUp(url: string): Promise<string> {
  for (;;) {
    const account = { email: `${randomUUID()}@example.org`, password: PASSWORD };
    const { status, body } = await ask(url, 'POST', '/userauth/userSignup', undefined, account);
    if (status === '201') return body.access_token as string;
  }
}

/** Those of a file by its name, always the same, and like no others. */
function bytesOf(name: string, start: number, end: number): Buffer {
  const key = createHash('sha256')
    .update(`${name} ${Math.floor(start / PART_BYTES)}`)
    .digest();
  if (Math.floor(start / PART_BYTES) < Math.floor((end - 1) / PART_BYTES)) {
    const next = (Math.floor(start / PART_BYTES) + 1) * PART_BYTES;
    return Buffer.concat([bytesOf(name, start, next), bytesOf(name, next, end)]);
  }
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(end - start));
}
