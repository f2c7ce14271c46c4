import type { FastifyInstance } from 'fastify';
import type { Settings } from '../config/settings.js';

const BY_PASSWORD = ['/userauth/userSignup', '/userauth/userLogin', '/userauth/me/password'];
const BY_EXCHANGE = ['/userauth/exchange'];
const ATTACHMENTS = ['/attachment'];

/** What the settings take away. The OpenAPI document, which is one for all servers, has it all the same. */
export function absentRoutes({
  isPasswordLogInOn,
  exchangeSecrets,
  attachments,
}: Settings): string[] {
  return [
    ...(isPasswordLogInOn ? [] : BY_PASSWORD),
    ...(exchangeSecrets.length > 0 ? [] : BY_EXCHANGE),
    ...(attachments ? [] : ATTACHMENTS),
  ];
}

/** Whatever is sent there, or below it, is answered as where there is no route, before its body is read. */
export function answerAsUnknown(fastify: FastifyInstance, absent: string[]): void {
  fastify.addHook('onRequest', ({ routeOptions: { url } }, reply, done) => {
    if (absent.some((path) => url === path || url?.startsWith(`${path}/`))) {
      return void reply.callNotFound();
    }
    done();
  });
}
