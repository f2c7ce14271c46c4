import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from '../config/settings.js';
import { sendFile } from '../http/send-file.js';

const HOME = fileURLToPath(new URL('../../apps/web/dist/', import.meta.url)); // from src as from dist
const ASSETS = `${HOME}assets`;
/** Their names change with what is in them. */
const FOR_GOOD = {
  'cache-control': 'public, max-age=31536000, immutable',
  vary: 'accept-encoding',
};
/** What a browser names at a weight of nought, as in `gzip;q=0`, it does not take. */
const REFUSED = /;\s*q=0(\.0*)?\s*$/;
const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Whether the chat page is there: it is wanted, and it is built. */
export function isPageServed({ isPageOn }: Settings): boolean {
  return isPageOn && existsSync(`${HOME}index.html`);
}

/** Whether it may show how messages lie on the disk; it leaves the way there out where it may not. */
export function areRowsShown(settings: Settings): boolean {
  return isPageServed(settings) && !settings.isProduction;
}

/** The chat page at /app/ with its files, and a way there from /. */
export function servePage(app: NestFastifyApplication, settings: Settings): void {
  const page = pageFor(settings);
  const fastify = app.getHttpAdapter().getInstance();
  // Relative, so that it holds below a path of a proxy too.
  fastify.get('/', (_request, reply) => reply.redirect('app/'));
  fastify.get('/app', ({ url }, reply) => {
    if (!/^[^?]*\/(\?|$)/.test(url)) return reply.redirect('app/');
    return reply.type('text/html; charset=utf-8').send(page);
  });
  const names = readdirSync(ASSETS);
  for (const name of names.filter((each) => !/\.(br|gz)$/.test(each))) {
    const type = TYPES[name.split('.').at(-1)!];
    fastify.get(`/app/assets/${name}`, (request, reply) => {
      const [encoding, end] = compression(request.headers['accept-encoding']);
      const headers = { ...FOR_GOOD, 'content-type': type };
      if (!end || !names.includes(name + end))
        return sendFile(request, reply, { name, root: ASSETS, headers });
      const packed = { ...headers, 'content-encoding': encoding };
      return sendFile(request, reply, { name: name + end, root: ASSETS, headers: packed });
    });
  }
}

function pageFor(settings: Settings): string {
  const page = readFileSync(`${HOME}index.html`, 'utf8');
  if (!areRowsShown(settings)) return page;
  return page.replace('</head>', '<meta name="conclave-rows" content="shown" />\n  </head>');
}

/** The best of what a browser takes, and how names of such files end. */
function compression(accepted = ''): [encoding: string, end: string] {
  const taken = accepted
    .toLowerCase()
    .split(',')
    .filter((each) => !REFUSED.test(each));
  const names = taken.map((each) => each.split(';')[0].trim());
  if (names.includes('br')) return ['br', '.br'];
  return names.includes('gzip') ? ['gzip', '.gz'] : ['', ''];
}
