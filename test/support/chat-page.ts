import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { ARGUMENTS, CHROMIUM } from './browser.js';

const PATIENCE_MS = 60_000;
export const PASSWORD = 'correct horse battery staple';

export interface Screen {
  width?: number;
  height?: number;
  dark?: boolean;
}

const FRAMES = 'disabled-by-default-devtools.timeline.frame';

interface FrameEvent {
  name: string;
  args: { hasPartialUpdate?: boolean };
}

interface Trace {
  traceEvents: FrameEvent[];
}

/** A file as somebody has it. */
export interface GivenFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

interface Frames {
  drawn: number;
  /** Scrolled in time, without what the page's scripts have changed. */
  late: number;
  /** Not drawn at all. */
  dropped: number;
}

/** One browser for several people, each with a profile of their own. */
export class Browsers {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<Browsers> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    return new Browsers(browser);
  }

  async open(url: string, { width = 1280, height = 800, dark }: Screen = {}): Promise<ChatPage> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      locale: 'en-GB',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const own = new ChatPage(context, page);
    await page.goto(`${url}/app/`);
    return own;
  }

  /** What Chromium tells of its frames while something is done. */
  async frames(page: ChatPage, work: () => Promise<void>): Promise<Frames> {
    await this.browser.startTracing(page.page, { categories: [FRAMES] });
    await work();
    const trace = JSON.parse((await this.browser.stopTracing()).toString()) as Trace;
    const named = (name: string): FrameEvent[] =>
      trace.traceEvents.filter((event) => event.name === name);
    const dropped = named('DroppedFrame');
    const late = dropped.filter(({ args }) => args.hasPartialUpdate).length;
    return { drawn: named('DrawFrame').length, late, dropped: dropped.length - late };
  }

  stop(): Promise<void> {
    return this.browser.close();
  }
}

/** The chat page as a person uses it. */
export class ChatPage {
  /** What the browser complains of: scripts that fail, violations of the policy, dialogs. */
  readonly complaints: string[] = [];

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (line) => {
      const isOfNetwork = /Failed to load resource|WebSocket connection/.test(line.text());
      if (['error', 'warning'].includes(line.type()) && !isOfNetwork)
        this.complaints.push(line.text());
    });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  field(name: string): Locator {
    return this.page.getByLabel(name, { exact: true });
  }

  async signUp(name: string, rest: { fname?: string; lname?: string } = {}): Promise<void> {
    await this.button('Make an account').click();
    await this.field('E-mail').fill(`${name.toLowerCase()}@example.org`);
    await this.field('Password').fill(PASSWORD);
    await this.field('First name').fill(rest.fname ?? name);
    if (rest.lname) await this.field('Last name').fill(rest.lname);
    await this.button('Sign up').click();
    await this.page.getByRole('navigation', { name: 'Rooms' }).waitFor();
  }

  async makeRoom(name: string): Promise<void> {
    await this.button('New room').click();
    await this.field('Name').fill(name);
    await this.button('Make the room').click();
    await this.composer.waitFor();
  }

  async joinRoom(name: string): Promise<void> {
    await this.page.getByRole('link', { name: 'Find rooms' }).click();
    await this.page.getByRole('searchbox').fill(name);
    await this.button(`Join ${name}`).click();
    await this.composer.waitFor();
  }

  get composer(): Locator {
    return this.page.getByLabel(/^Message to /);
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  async logIn(name: string): Promise<void> {
    await this.field('E-mail').fill(`${name.toLowerCase()}@example.org`);
    await this.field('Password').fill(PASSWORD);
    await this.button('Log in').click();
    await this.page.getByRole('navigation', { name: 'Rooms' }).waitFor();
  }

  /** Chooses files for the next message, or the one that lies there. */
  async pick(...files: GivenFile[] | [path: string]): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.button('Attach files').click();
    await (await chooser).setFiles(files);
  }

  /** Pastes files, or drops them on the page. */
  async give(how: 'paste' | 'drop', ...files: GivenFile[]): Promise<void> {
    const given = files.map(({ name, mimeType, buffer }) => [
      buffer.toString('base64'),
      name,
      mimeType,
    ]);
    await this.page.evaluate(
      `{
        const [how, files] = ${JSON.stringify([how, given])};
        const field = document.querySelector('.composer textarea');
        const data = new DataTransfer();
        for (const [text, name, type] of files) {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          data.items.add(new File([bytes], name, { type }));
        }
        const init = { bubbles: true, cancelable: true };
        if (how === 'paste')
          field.dispatchEvent(new ClipboardEvent(how, { ...init, clipboardData: data }));
        else
          for (const type of ['dragover', 'drop'])
            document.body.dispatchEvent(new DragEvent(type, { ...init, dataTransfer: data }));
      }`,
    );
  }

  /** A message that holds the text. */
  message(text: string): Locator {
    return this.page.locator('li.message', { hasText: text });
  }

  /** Does something with a message. */
  async act(text: string, what: string): Promise<void> {
    await this.message(text).locator('.bubble').last().hover();
    await this.button(what).click();
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor();
  }

  /** Waits until the server has it. */
  async isSent(text: string): Promise<void> {
    await this.sees(text);
    await this.message(text).getByText('Sending …').waitFor({ state: 'detached' });
  }
}
