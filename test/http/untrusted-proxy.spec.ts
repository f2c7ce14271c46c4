import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { callerOf } from '../../src/http/callers.js';
import { createLog } from '../../src/http/logger.js';
import { warnOfUntrustedProxy } from '../../src/http/untrusted-proxy.js';

const FORWARDED = { 'x-forwarded-for': '203.0.113.7' };

type TrustProxy = string[] | ((ip: string, hop: number) => boolean);

/** What is logged when somebody asks with these headers, each twice. */
async function logged(trustProxy: TrustProxy, headers: Record<string, string>): Promise<unknown[]> {
  const fastify = Fastify({ trustProxy });
  const log = createLog('silent');
  const lines: unknown[] = [];
  log.warn = (line: unknown) => lines.push(line);
  warnOfUntrustedProxy(fastify, log);
  fastify.get('/', ({ ip }) => ({ ip }));
  for (let n = 0; n < 2; n++) {
    await fastify.inject({ url: '/', headers, remoteAddress: '10.0.0.1' });
  }
  await fastify.close();
  return lines;
}

const hops = (count: number) => (_ip: string, hop: number) => hop < count;

describe('a proxy that is not trusted', () => {
  it.each([
    ['where none is', hops(0)],
    ['where another one is', ['10.0.0.2']],
    ['where no list names any', []],
  ])('is told of once, with what to set: %s', async (_, trust) => {
    const [line, ...more] = await logged(trust, FORWARDED);
    expect(line).toMatchObject({ event: 'proxy.untrusted', peer: '10.0.0.1' });
    expect(JSON.stringify(line)).toContain('TRUST_PROXY');
    expect(more).toEqual([]);
  });

  it('is not told of where it is trusted, or tells of nobody', async () => {
    expect(await logged(hops(1), FORWARDED)).toEqual([]);
    expect(await logged(['10.0.0.0/8'], FORWARDED)).toEqual([]);
    expect(await logged(hops(0), {})).toEqual([]);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ])('is that of a line, not of one of its devices: %s', (ip, key) => {
    const request = { ip } as Parameters<typeof callerOf>[0];
    expect(callerOf(request, () => undefined)).toEqual({ key, isUser: false });
    expect(callerOf(request, () => 'ada')).toEqual({ key: 'ada', isUser: true });
  });
});
