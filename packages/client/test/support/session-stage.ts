import createFetchClient from 'openapi-fetch';
import { vi } from 'vitest';
import type { paths } from '../../src/schema.js';
import { Session } from '../../src/session.js';
import { memoryStorage } from '../../src/storage.js';
import { Answered } from './calls.js';
import { ME } from './given.js';
import { ManualTimers, settled } from './manual-timers.js';

export const SIGNED_OUT = { type: 'urn:conclave:client:signed-out' };

export const pair = (n: number, id = ME): object => ({
  access_token: `access ${n}`,
  refresh_token: `refresh ${n}`,
  expires_in: 15 * 60,
  user: { id },
});

/** A session, its storage, and the server that it asks. */
export class SessionStage {
  readonly timers = new ManualTimers();
  readonly storage = memoryStorage();
  readonly onSignedOut = vi.fn();
  /** What is asked: the last part of the path, and the body or the token. */
  server = new Answered<string, object>();
  session = this.open();

  /** The session as another tab, or the next page, has it. */
  open(): Session {
    const api = createFetchClient<paths>({
      baseUrl: 'http://x.org',
      fetch: async (request) => {
        const body = (await request.text()) || request.headers.get('authorization');
        const answer = await this.server.call(`${request.url.split('/').at(-1)} ${body}`);
        return new Response(JSON.stringify(answer));
      },
    });
    const { storage, timers } = this;
    const own = new Session({ url: 'http://x.org', api, storage, timers, onUser: () => undefined });
    own.onSignedOut = this.onSignedOut;
    return own;
  }

  async logIn(n = 1, id = ME): Promise<void> {
    const done = this.session.logIn(`${id}@x.org`, 'pass');
    await settled();
    await this.server.answer(pair(n, id));
    await done;
  }

  /** Another tab renews the first token. */
  async renewElsewhere(): Promise<void> {
    const other = this.open();
    await other.restore();
    const renewed = other.replace('access 1');
    await settled();
    await this.server.answer(pair(2));
    await renewed;
  }

  /** @returns the server before; another one answers from now on */
  another(): Answered<string, object> {
    const before = this.server;
    this.server = new Answered();
    return before;
  }

  get userId(): string | null {
    return this.session.userId.getSnapshot();
  }

  async tokenStored(): Promise<unknown> {
    const text = (await this.storage.get('session')) ?? 'null';
    return (JSON.parse(text) as { access: string } | null)?.access;
  }
}
