import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { refusal } from './unreadable-request.js';

/** An address in brackets or a name, with or without a dot and a port behind it. */
const HOST = /^(?:\[(?<address>[^\]]*)\]|(?<name>[^:]*?)\.?)(?::\d*)?$/;
const ABSOLUTE_TARGET = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?(?<host>[^/?#]*)/i;
/** No route is there. */
const NOWHERE = '/-';

/**
 * Which names the server goes by. A page of any site can have its own name resolve to 127.0.0.1 and
 * would then be of one origin with a server that answers to it (DNS rebinding). Nobody but the
 * server's owner says what an address or localhost is.
 */
export class HostRule {
  private readonly refused = new WeakMap<IncomingMessage, Error>();

  /** @param names lower case, besides addresses and localhost; or any name at all */
  constructor(private readonly names: ReadonlySet<string> | 'any') {}

  /**
   * Where a request is routed: what is refused goes nowhere, and there the hook waits for it. Some
   * targets would pass every hook by, such as `*` and those that cannot be read.
   */
  readonly route = (request: IncomingMessage): string => {
    const status = this.faultOf(request);
    if (status === undefined) return request.url!;
    this.refused.set(request, refusal(status));
    return NOWHERE;
  };

  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', ({ raw }, _reply, done) => done(this.refused.get(raw)));
  }

  /** Of two `Host` headers node keeps one, and a proxy may have looked at the other. */
  private faultOf({ rawHeaders, headers, url, httpVersion }: IncomingMessage): number | undefined {
    const count = countHosts(rawHeaders);
    if (count > 1 || (count === 0 && httpVersion === '1.1')) return 400;
    if (this.names === 'any') return undefined;
    const given = [headers.host, ABSOLUTE_TARGET.exec(url!)?.groups!.host];
    return given.every((host) => host === undefined || this.isGood(host)) ? undefined : 421;
  }

  private isGood(host: string): boolean {
    const { address, name } = HOST.exec(host.toLowerCase())?.groups ?? {};
    if (name === undefined) return address !== undefined && isIPv6(address);
    const isLocal = name === 'localhost' || name.endsWith('.localhost');
    return isLocal || isIP(name) !== 0 || (this.names as ReadonlySet<string>).has(name);
  }
}

/** Of names and values in turn. */
function countHosts(rawHeaders: string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length === 4 && rawHeaders[i].toLowerCase() === 'host') count++;
  }
  return count;
}
