import 'reflect-metadata';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.js';
import { createLog } from '../../src/http/logger.js';
import { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/database/database.js';
import { Client } from './client.js';
import { isPostgres, TestDatabase } from './test-database.js';

/** A signed-in user. */
export interface TestUser {
  id: string;
  email: string;
  client: Client;
  accessToken: string;
  refreshToken: string;
}

export const PASSWORD = 'correct horse battery staple';

let users = 0;

/** The real application, listening, on an empty database of the kind under test. */
export class TestApp {
  /** A caller without a token. */
  readonly anonymous: Client;

  private constructor(
    readonly nest: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly url: string,
  ) {
    this.anonymous = new Client(url);
  }

  /** Starts on a new database, or once more on the one given; at any port unless `PORT` says which. */
  static async start(
    environment: NodeJS.ProcessEnv = {},
    database?: TestDatabase,
  ): Promise<TestApp> {
    const own = database ?? (await TestDatabase.create());
    const settings = new Settings({ ...own.environment, ...environment });
    const { LOG_LEVEL: level } = environment;
    const log = level ? createLog(level, openSync(logOf(own), 'a')) : createLog('silent');
    const nest = await createApp(settings, log);
    try {
      await nest.listen({ host: '127.0.0.1', port: settings.port });
    } catch (error) {
      await nest.close();
      throw error;
    }
    return new TestApp(nest, own, await nest.getUrl());
  }

  /** Ends the server and keeps the database. */
  async close(): Promise<void> {
    await this.nest.close();
  }

  async stop(): Promise<void> {
    await this.close();
    await this.database.drop();
  }

  /** Lines of the log, where it was started with a `LOG_LEVEL`; the last ones come a moment later. */
  get log(): Record<string, unknown>[] {
    const lines = readFileSync(logOf(this.database), 'utf8').trim().split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  as(user: TestUser): Client {
    return user.client;
  }

  /** A new account, signed in. */
  async givenUser(fields: object = {}): Promise<TestUser> {
    const email = `user${++users}.${process.pid}@example.org`;
    const { status, body } = await this.anonymous.post('/userauth/userSignup', {
      email,
      password: PASSWORD,
      ...fields,
    });
    if (status !== 201) throw new Error(`sign-up answered ${status}: ${JSON.stringify(body)}`);
    return {
      id: body.user.id,
      email: body.user.email,
      accessToken: body.access_token,
      refreshToken: body.refresh_token,
      client: new Client(this.url, body.access_token),
    };
  }

  async givenChat(owner: TestUser, fields: object = {}): Promise<string> {
    const { status, body } = await owner.client.post('/chat/', { chat_name: 'Room', ...fields });
    if (status !== 201) throw new Error(`chat answered ${status}: ${JSON.stringify(body)}`);
    return body.id;
  }

  /** A user and a room of theirs. */
  async givenMember(): Promise<{ user: TestUser; chatId: string }> {
    const user = await this.givenUser();
    return { user, chatId: await this.givenChat(user) };
  }

  /** Raw SQL, `?` for parameters, through the place where all writes go. */
  async sql<T = Record<string, unknown>>(query: string, parameters: unknown[] = []): Promise<T[]> {
    const database = this.nest.get(Database);
    let count = 0;
    const text = isPostgres ? query.replaceAll('?', () => `$${++count}`) : query;
    return database.write(({ manager }) => manager.query<T[]>(text, parameters));
  }
}

function logOf({ dataDir }: TestDatabase): string {
  return join(dataDir, 'test.log');
}
