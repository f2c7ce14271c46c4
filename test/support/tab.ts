import type { ConclaveClient } from '@conclave/client';
import type { Page } from 'playwright-core';

/** What `packages/client/test/plain-page.ts` gives to a test. */
interface Given {
  client: ConclaveClient;
  /** Why it was signed out, each time. */
  ends: string[];
}

/** A tab of a browser in which a client runs. */
export class Tab {
  constructor(readonly page: Page) {}

  /** Does something there; no name of the test is known there but that of `argument`. */
  async do<T, A = undefined>(
    work: (given: Given, argument: A) => T | Promise<T>,
    argument?: A,
  ): Promise<T> {
    const words = argument === undefined ? 'undefined' : JSON.stringify(argument);
    return await this.page.evaluate(`(${work.toString()})({ client, ends }, ${words})`);
  }

  get state(): Promise<string> {
    return this.do(
      ({ client }) => `${client.session.getSnapshot()} ${client.status.getSnapshot()}`,
    );
  }

  get ends(): Promise<string[]> {
    return this.do(({ ends }) => ends);
  }

  /** The texts of an open room, with a `?` behind each that is not sent. */
  texts(chatId: string): Promise<string[]> {
    return this.do(
      ({ client }, id) =>
        client
          .room(id)
          .getSnapshot()
          .messages.map(({ message, state }) => `${message}${state === 'sent' ? '' : '?'}`),
      chatId,
    );
  }
}
