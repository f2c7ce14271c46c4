import type { EnvReader } from './env-reader.js';

const DATABASE = {
  schemes: /^postgres(ql)?:\/\//,
  shape: 'must be a postgres:// URL, or unset for SQLite',
};
const REDIS = {
  schemes: /^rediss?:\/\//,
  shape: 'must be a redis:// or rediss:// URL, or unset',
};
const UNENCODED =
  'holds one of / ? # @ % where it has to be percent-encoded, most likely in its password: ' +
  'write / as %2F, ? as %3F, # as %23, @ as %40, % as %25';

export function readDatabaseUrl(read: EnvReader): string | undefined {
  return readUrl(read, 'DATABASE_URL', DATABASE);
}

export function readRedisUrl(read: EnvReader): string | undefined {
  const url = readUrl(read, 'REDIS_URL', REDIS);
  if (url === undefined || /^\/?\d*$/.test(new URL(url).pathname)) return url;
  return read.fault(
    'REDIS_URL may name a database by its number alone, such as redis://redis:6379/0',
    undefined,
  );
}

function readUrl(
  read: EnvReader,
  name: string,
  { schemes, shape }: typeof DATABASE,
): string | undefined {
  const url = read.text(name);
  if (url === undefined) return undefined;
  const fault = schemes.test(url) ? urlFault(url, shape) : shape;
  return fault === undefined ? url : read.fault(`${name} ${fault}`, undefined);
}

/**
 * What is wrong with the URL of a service, without a word of it: what a password leaves in the wrong
 * place would be taken for a host, a port or a database, and be told in errors later.
 */
function urlFault(url: string, shape: string): string | undefined {
  const [, authority, rest] = /^\w+:\/\/([^/?#]*)(.*)$/s.exec(url)!;
  if (rest.includes('@') || rest.includes('#') || !isEncoded(url)) return UNENCODED;
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  const named = /[?&]host=([^&]*)/.exec(rest)?.[1] ?? '';
  if (/,|%2c/i.test(hosts + named)) {
    return 'names several hosts, and has to name one: that of a proxy, or a name, which follows the primary';
  }
  return URL.canParse(url) ? undefined : shape;
}

function isEncoded(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
