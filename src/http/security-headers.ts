import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/** Swagger UI needs inline styles, and shows answers that are pictures or sounds; plain http has to work off localhost too. */
const DOCS_CSP = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'blob:', 'data:'],
  mediaSrc: ["'self'", 'blob:'],
  upgradeInsecureRequests: null,
};

/** The chat page: what people write is text in it, and no markup of theirs becomes a script's. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * For data, of which no page is made, and which no cache is to keep:
 * https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html
 */
const OF_DATA = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Tells browsers to be careful, with every answer: pages have all of Helmet. */
export function sendSecurityHeaders(fastify: FastifyInstance): void {
  const ofDocs = helmetHeaders();
  const ofPage = {
    ...ofDocs,
    'cache-control': 'no-cache',
    'content-security-policy': PAGE_CSP,
    'x-frame-options': 'DENY',
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    const isOfPage = url === '/app' || url?.startsWith('/app/assets/');
    void reply.headers(url?.startsWith('/docs') ? ofDocs : isOfPage ? ofPage : OF_DATA);
    done();
  });
}

/** What Helmet sets: it works it out for every answer anew, and it is always the same. */
function helmetHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  const middleware = helmet({ contentSecurityPolicy: { directives: DOCS_CSP } });
  middleware({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error instanceof Error) throw error;
  });
  return headers;
}
