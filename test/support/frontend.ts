import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build, type Rolldown } from 'vite';

const page = (html: string): string => `<!doctype html><meta charset="utf-8">
<link rel="icon" href="data:,"><body><div id="root">${html}</div>
<script type="module" src="/main.js"></script>`;

/** A page, bundled as a frontend team would, at an origin of its own. */
export class Frontend {
  private constructor(
    private readonly server: Server,
    /** Without a slash at the end. */
    readonly url: string,
  ) {}

  /**
   * @param entry path of its program
   * @param html what a server has rendered of it
   */
  static async start(entry: string, html = ''): Promise<Frontend> {
    const files: Record<string, [type: string, text: string]> = {
      '/': ['text/html', page(html)],
      '/main.js': ['text/javascript', await bundle(entry)],
    };
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const [type, text] = files[pathname] ?? ['text/plain', ''];
      response.setHeader('content-type', type).end(text);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Frontend(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** @returns the program and all that it needs, in one module */
export async function bundle(entry: string): Promise<string> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, rolldownOptions: { input: entry, output: { codeSplitting: false } } },
  })) as Rolldown.RolldownOutput;
  return output[0].code;
}
