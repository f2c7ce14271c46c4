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
const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Whether the chat page is there: it is wanted, and it is built. */
export function isPageServed({ isPageOn }: Settings): boolean {
  return isPageOn && existsSync(`${HOME}index.html`);
}

/** The chat page at /app/ with its files, and a way there from /. */
export function servePage(app: NestFastifyApplication): void {
  const page = readFileSync(`${HOME}index.html`, 'utf8');
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

/** The best of what a browser takes, and how names of such files end. */
function compression(accepted = ''): [encoding: string, end: string] {
  if (/\bbr\b/.test(accepted)) return ['br', '.br'];
  return /\bgzip\b/.test(accepted) ? ['gzip', '.gz'] : ['', ''];
}
