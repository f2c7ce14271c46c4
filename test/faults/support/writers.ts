import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Client } from '../../support/client.js';
import type { Verdict } from './figures.js';
import { type Outcome, post } from './post.js';
import { type Acknowledged, checkRoom } from './room-check.js';

export interface WriterOptions {
  /** Characters of each message. */
  textLength?: number;
  /** Pause of each writer after an acknowledged message. */
  pauseMs?: number;
  /** Pause before a message is sent again with the same `client_id`. */
  retryMs?: number;
  /** How long an answer may take before it counts as lost. */
  timeoutMs?: number;
}

interface Writer {
  id: string;
  token: string;
}

const PASSWORD = 'correct horse battery staple';
const DEFAULTS = { textLength: 200, pauseMs: 0, retryMs: 25, timeoutMs: 10_000 };

/**
 * Users who write into one public room, each one message after the other. A message whose answer
 * is lost or a 503 is sent again with the same `client_id` until it is acknowledged, whatever
 * happens to the server meanwhile.
 */
export class Writers {
  /** In the order of the answers. */
  readonly ledger: Acknowledged[] = [];
  /** Answers by status; `refused` and `lost` for those that never came. */
  readonly answers: Record<string, number> = {};
  /** Each kind of answer that no writer should get, such as a 500 or a 503 without `Retry-After`. */
  readonly unexpected: string[] = [];
  private readonly options: Required<WriterOptions>;
  private readonly tasks: Promise<void>[] = [];
  private isStopping = false;
  private isAbandoned = false;

  private constructor(
    private url: string,
    readonly chatId: string,
    private readonly writers: Writer[],
    options: WriterOptions,
  ) {
    this.options = { ...DEFAULTS, ...options };
  }

  /** Signs up so many users and makes their room; they write once `begin` is called. */
  static async prepare(url: string, count: number, options: WriterOptions = {}): Promise<Writers> {
    const writers: Writer[] = [];
    while (writers.length < count) writers.push(await signUp(url));
    const { token } = writers[0];
    const { status, body } = await new Client(url, token).post('/chat/', { chat_name: 'Faults' });
    if (status !== 201) throw new Error(`a new room answered ${status}: ${JSON.stringify(body)}`);
    return new Writers(url, body.id, writers, options);
  }

  static async start(url: string, count: number, options?: WriterOptions): Promise<Writers> {
    const writers = await Writers.prepare(url, count, options);
    writers.begin();
    return writers;
  }

  begin(): void {
    for (const writer of this.writers) this.tasks.push(this.write(writer));
  }

  /** Where the server is from now on. */
  moveTo(url: string): void {
    this.url = url;
  }

  /** A caller with the token of the first writer, for reads meanwhile. */
  get client(): Client {
    return new Client(this.url, this.writers[0].token);
  }

  /** Resolves once so many more messages are acknowledged; rejects after `timeoutMs`. */
  async untilAcknowledged(more: number, timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const goal = this.ledger.length + more;
    while (this.ledger.length < goal) {
      if (Date.now() > deadline) {
        const seen = JSON.stringify([this.answers, this.unexpected]);
        throw new Error(`No ${more} more messages in ${timeoutMs} ms: ${seen}`);
      }
      await sleep(10);
    }
  }

  /** Ends once every message that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.tasks);
  }

  /** Ends without asking again for what is not acknowledged by now. */
  async abandon(): Promise<void> {
    this.isAbandoned = true;
    await this.stop();
  }

  /** Reads the whole room as somebody else, and compares it with the ledger. */
  async verify(): Promise<Verdict> {
    const { token } = await signUp(this.url);
    return checkRoom(new Client(this.url, token), this.chatId, this.ledger);
  }

  private async write(writer: Writer): Promise<void> {
    while (!this.isStopping) {
      await this.sendOne(writer);
      if (this.options.pauseMs > 0) await sleep(this.options.pauseMs);
    }
  }

  private async sendOne(writer: Writer): Promise<void> {
    const client_id = randomUUID();
    const text = client_id.padEnd(this.options.textLength, ' lorem ipsum');
    const message = { chatid: this.chatId, message: text, client_id };
    while (!this.isAbandoned) {
      const url = `${this.url}/message/`;
      const answer = await post(url, writer.token, message, this.options.timeoutMs);
      this.count(answer);
      if (typeof answer === 'object') {
        const { id, seq } = answer.body;
        if (answer.status < 300) this.ledger.push({ id, seq, sender: writer.id, text });
        if (answer.status < 500) return; // asking again would not help
      }
      await sleep(this.options.retryMs);
    }
  }

  private count(answer: Outcome): void {
    const status = typeof answer === 'object' ? String(answer.status) : answer;
    this.answers[status] = (this.answers[status] ?? 0) + 1;
    if (typeof answer === 'string' || isExpected(answer)) return;
    const kind = `${status} ${JSON.stringify({ ...answer.body, request_id: undefined })}`;
    if (!this.unexpected.includes(kind)) this.unexpected.push(kind);
  }
}

function isExpected({ status, headers }: Answer): boolean {
  if (status === 200 || status === 201) return true;
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json');
  return status === 503 && isProblem === true && Number(headers.get('retry-after')) > 0;
}

async function signUp(url: string): Promise<Writer> {
  const email = `${randomUUID()}@example.org`;
  const { status, body } = await new Client(url).post('/userauth/userSignup', {
    email,
    password: PASSWORD,
  });
  if (status !== 201) throw new Error(`sign-up answered ${status}: ${JSON.stringify(body)}`);
  return { id: body.user.id, token: body.access_token };
}
