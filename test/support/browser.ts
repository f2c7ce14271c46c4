import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 30_000;

export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`SKIPPED: what runs in a browser: there is no ${CHROMIUM}`);

/** A real browser with a page or more, and with a profile of its own. */
export class Browser {
  /** What it complains of, violations of a policy among it. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly profile: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    this.watch(page);
  }

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'conclave-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: ARGUMENTS,
      viewport: { width: 1280, height: 900 },
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new Browser(profile, context, await context.newPage());
  }

  /** Another tab. */
  async newPage(): Promise<Page> {
    const page = await this.context.newPage();
    this.watch(page);
    return page;
  }

  async stop(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }

  private watch(page: Page): void {
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('requestfailed', (request) => this.complaints.push(`failed: ${request.url()}`));
    page.on('console', (line) => {
      if (['error', 'warning'].includes(line.type())) this.complaints.push(line.text());
    });
  }
}
