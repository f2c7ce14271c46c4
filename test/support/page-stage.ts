import { Browsers, type ChatPage, PASSWORD, type Screen } from './chat-page.js';
import { Client } from './client.js';
import { ServerProcess } from './server-process.js';
import { TestDatabase } from './test-database.js';

/** The built server with its page, as `npm start` has it, a database of its own, and browsers for whoever comes. */
export class PageStage {
  private constructor(
    private readonly database: TestDatabase,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly browsers: Browsers,
    private server: ServerProcess,
  ) {}

  static async start(settings: NodeJS.ProcessEnv = {}): Promise<PageStage> {
    const database = await TestDatabase.create();
    const environment: NodeJS.ProcessEnv = {
      ...database.environment,
      NODE_ENV: 'development',
      PBKDF2_ITERATIONS: '600000',
      ...settings,
    };
    const server = await ServerProcess.start(environment);
    environment.PORT = new URL(server.url).port; // the same one after a restart
    return new PageStage(database, environment, await Browsers.start(), server);
  }

  get url(): string {
    return this.server.url;
  }

  /** Somebody at a screen of their own, who is nobody to the server yet. */
  open(screen?: Screen): Promise<ChatPage> {
    return this.browsers.open(this.url, screen);
  }

  /** Ada, who made a room, and Bob with a small screen, who has joined it. */
  async openRoom(): Promise<{ ada: ChatPage; bob: ChatPage }> {
    const ada = await this.open();
    const bob = await this.open({ width: 360, height: 640 });
    await ada.signUp('Ada');
    await bob.signUp('Bob');
    await ada.makeRoom('Engine room');
    await bob.joinRoom('Engine room');
    return { ada, bob };
  }

  /** @see Browsers.frames */
  frames(page: ChatPage, work: () => Promise<void>): ReturnType<Browsers['frames']> {
    return this.browsers.frames(page, work);
  }

  /** Somebody who uses the API and no page. */
  async givenCaller(fname: string, fields: object = {}): Promise<Client> {
    const account = { email: `${fname.toLowerCase()}@example.org`, password: PASSWORD, fname };
    const anonymous = new Client(this.url);
    const { body } = await anonymous.post('/userauth/userSignup', { ...account, ...fields });
    return new Client(this.url, body.access_token);
  }

  async stopServer(): Promise<void> {
    await this.server.stop();
  }

  /** On what was written before, at the same address. */
  async startServer(): Promise<void> {
    this.server = await ServerProcess.start(this.environment);
  }

  async stop(): Promise<void> {
    await this.browsers.stop();
    await this.server.stop();
    await this.database.drop();
  }
}
