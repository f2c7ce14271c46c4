import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PasswordHasher } from '../../src/auth/password-hasher.js';
import { Settings } from '../../src/config/settings.js';
import { callerFrom } from '../support/caller.js';

/** What was asked of node's pbkdf2, which still does the work. */
const work = vi.hoisted(() => ({ running: 0, most: 0, iterations: [] as number[] }));

const cores = 4;
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => cores,
}));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const pbkdf2: typeof crypto.pbkdf2 = (password, salt, iterations, length, digest, done) => {
    work.most = Math.max(work.most, ++work.running);
    work.iterations.push(iterations);
    crypto.pbkdf2(password, salt, iterations, length, digest, (error, key) => {
      work.running--;
      done(error, key);
    });
  };
  return { ...crypto, pbkdf2 };
});

interface Pbkdf2Vector {
  tcId: number;
  password: string;
  salt: string;
  iterationCount: number;
  dkLen: number;
  dk: string;
}

interface DjangoFixture {
  password: string;
  encoded: string;
  iterations?: number;
  valid: boolean;
}

const vectors = new URL('../../../shared/vectors/', import.meta.url);
const haveVectors = existsSync(vectors);
const missing = haveVectors ? '' : ', skipped: no ../shared/vectors';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as T;
}

const lanes = cores - 1;
const caller = callerFrom('192.0.2.1');
const hasher = hasherOf(1000);
const right = 'pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=';
const password = 'lètmein';

function hasherOf(iterations: number): PasswordHasher {
  return new PasswordHasher(
    new Settings({ NODE_ENV: 'test', PBKDF2_ITERATIONS: String(iterations) }),
  );
}

/** How many iterations it took in all. */
async function costOf(check: Promise<unknown>): Promise<number> {
  work.iterations = [];
  await check;
  return work.iterations.reduce((sum, iterations) => sum + iterations, 0);
}

beforeEach(() => {
  Object.assign(work, { most: 0, iterations: [] });
});

describe.skipIf(!haveVectors)(`the vectors of Wycheproof for PBKDF2-HMAC-SHA256${missing}`, () => {
  it('agrees with the 2 of 60 whose salt is text and whose key has 32 bytes or more', async () => {
    const { testGroups } = read<{ testGroups: { tests: Pbkdf2Vector[] }[] }>(
      'wycheproof/pbkdf2_hmacsha256_test.json',
    );
    const all = testGroups.flatMap((group) => group.tests);
    const fitting = all.filter(
      ({ salt, password, dkLen }) => dkLen >= 32 && isText(salt) && isText(password),
    );
    for (const vector of fitting) {
      const { iterationCount, salt, dk } = vector;
      // The first 32 bytes of a longer key are those of a key of 32 bytes: they are its first block.
      const hash = Buffer.from(dk, 'hex').subarray(0, 32).toString('base64');
      const stored = `pbkdf2_sha256$${iterationCount}$${textOf(salt)}$${hash}`;
      expect(await hasher.verify(textOf(vector.password), stored, caller), `${vector.tcId}`).toBe(
        true,
      );
      expect(await hasher.verify(`${textOf(vector.password)}x`, stored, caller)).toBe(false);
    }
    expect([all.length, fitting.length]).toEqual([60, 2]);
  });

  function textOf(hex: string): string {
    return Buffer.from(hex, 'hex').toString();
  }

  function isText(hex: string): boolean {
    return isUtf8(Buffer.from(hex, 'hex'));
  }
});

describe.skipIf(!haveVectors)(`the hashes of a Django site${missing}`, () => {
  const fixtures = haveVectors
    ? read<{ vectors: DjangoFixture[] }>('django-pbkdf2-fixtures.json').vectors
    : [];

  it('has 11 that hold and 13 that do not', () => {
    const valid = fixtures.filter((fixture) => fixture.valid);
    expect([valid.length, fixtures.length]).toEqual([11, 24]);
  });

  it.each(fixtures)('answers $valid for $encoded', async ({ password, encoded, valid }) => {
    expect(await hasher.verify(password, encoded, caller)).toBe(valid);
    expect(await hasher.verify(`${password} `, encoded, caller)).toBe(false);
  });

  it.each(fixtures.filter((fixture) => fixture.valid))(
    'calls $encoded outdated below the setting only',
    ({ encoded, iterations = 0 }) => {
      expect(hasher.isOutdated(encoded)).toBe(iterations < 1000);
      expect(hasherOf(iterations + 1).isOutdated(encoded)).toBe(true);
    },
  );
});

describe('a malformed hash', () => {
  const [algorithm, iterations, salt, hash] = right.split('$');
  const form = (parts: Record<string, string>): string =>
    Object.values({ algorithm, iterations, salt, hash, ...parts }).join('$');

  const malformed = {
    'no text': '',
    'no fields': 'pbkdf2_sha256',
    'only separators': '$$$',
    'no hash': 'pbkdf2_sha256$1000$seasalt',
    'an empty hash': form({ hash: '' }),
    'an empty salt': form({ salt: '' }),
    'a field too many': form({ more: '' }),
    'a field before': `$${right}`,
    'a line break after': `${right}\n`,
    'a space before': ` ${right}`,
    'another algorithm': form({ algorithm: 'pbkdf2_sha1' }),
    'the algorithm in capitals': form({ algorithm: 'PBKDF2_SHA256' }),
    'a name of Object': form({ algorithm: '__proto__' }),
    'no count': form({ iterations: '' }),
    'a count of 0': form({ iterations: '0' }),
    'a count below 0': form({ iterations: '-1000' }),
    'a count with a sign': form({ iterations: '+1000' }),
    'a count with a zero before': form({ iterations: '01000' }),
    'a count with an exponent': form({ iterations: '1e3' }),
    'a count in hex': form({ iterations: '0x3e8' }),
    'a count with a fraction': form({ iterations: '1000.0' }),
    'a count with a space': form({ iterations: ' 1000' }),
    'a hash without its padding': form({ hash: hash.slice(0, -1) }),
    'a hash with something after it': form({ hash: `${hash}x` }),
    'a hash with a space in it': form({ hash: `${hash.slice(0, 9)} ${hash.slice(9)}` }),
    'a hash with trailing bits': form({ hash: hash.replace('A=', 'B=') }),
    'a hash of 31 bytes': form({ hash: Buffer.alloc(31).toString('base64') }),
    'a hash of 33 bytes': form({ hash: Buffer.alloc(33).toString('base64') }),
  };

  it.each(Object.entries(malformed))('is no password: %s', async (_name, stored) => {
    expect(await hasher.verify(password, right, caller)).toBe(true);
    expect(await hasher.verify(password, stored, caller)).toBe(false);
    expect(await hasher.verify('', stored, caller)).toBe(false);
    expect(hasher.isOutdated(stored)).toBe(false);
  });

  it('is refused above 10,000,000 iterations, and nothing of that size is computed', async () => {
    for (const iterations of ['10000001', '99999999', '999999999', '9'.repeat(12), '9'.repeat(400)])
      expect(await hasher.verify(password, form({ iterations }), caller)).toBe(false);
    expect(Math.max(...work.iterations)).toBe(1000);
  });
});

describe('hash', () => {
  it("gives Django's form with a salt of 22 letters and digits, each time another", async () => {
    const hashes = await Promise.all(
      Array.from({ length: 50 }, () => hasher.hash(password, caller)),
    );
    for (const stored of hashes) {
      expect(stored).toMatch(/^pbkdf2_sha256\$1000\$[A-Za-z0-9]{22}\$[A-Za-z0-9+/]{43}=$/);
      expect(await hasher.verify(password, stored, caller)).toBe(true);
      expect(hasher.isOutdated(stored)).toBe(false);
    }
    expect(new Set(hashes.map((stored) => stored.split('$')[2])).size).toBe(50);
    expect(new Set(hashes.map((stored) => stored.split('$')[3])).size).toBe(50);
  });

  it('takes a password as it is: case, white space, NUL and Unicode form count', async () => {
    const passwords = [
      'Password',
      'password',
      ' password',
      'pass\0word',
      'pass',
      '\u00e9',
      'e\u0301',
    ];
    for (const one of passwords) {
      const stored = await hasher.hash(one, caller);
      const answers = await Promise.all(
        passwords.map((other) => hasher.verify(other, stored, caller)),
      );
      expect(answers).toEqual(passwords.map((other) => other === one));
    }
  });
});

describe('the cost of a refusal', () => {
  it.each([
    ['no user', undefined],
    ['a wrong password', right.replace('JgZ', 'JgA')],
    ['a wrong password, the hash of one iteration', right.replace('$1000$', '$1$')],
    ['a password that is unusable', '!aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  ])('is what the setting says: %s', async (_name, stored) => {
    expect(await costOf(hasher.verify(password, stored, caller))).toBe(1000);
    expect(await costOf(hasherOf(3000).verify(password, stored, caller))).toBe(3000);
  });

  it('is not paid for the right password', async () => {
    expect(await costOf(hasherOf(3000).verify(password, right, caller))).toBe(1000);
  });
});

describe('many at once', () => {
  it(`runs at most ${lanes}, time and again`, async () => {
    const busy = hasherOf(1000);
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 50 }, (_, index) =>
        index % 2 ? busy.hash(password, caller) : busy.verify(password, right, caller),
      );
      expect(busy.queueLength).toBe(50 - lanes);
      await Promise.all(all);
    }
    expect(work.iterations).toHaveLength(150);
    expect([work.most, work.running, busy.queueLength]).toEqual([lanes, 0, 0]);
  });

  it('computes both halves of a refusal in one turn', async () => {
    const busy = hasherOf(3000);
    const long = right.replace('$1000$', '$200000$');
    const others = Array.from({ length: lanes - 1 }, () => busy.verify(password, long, caller));
    const wrong = right.replace('JgZ', 'JgA');
    await Promise.all([wrong, undefined].map((stored) => busy.verify(password, stored, caller)));
    await Promise.all(others);
    expect(work.iterations.slice(lanes - 1)).toEqual([1000, 2000, 3000]);
  });

  it('leaves out the second half for a client who has gone', async () => {
    const gone = new AbortController();
    const refused = hasherOf(3000).verify('wrong', right, callerFrom('192.0.2.1', gone.signal));
    gone.abort();
    expect(await refused).toBe(false);
    expect(work.iterations).toEqual([1000]);
  });
});
