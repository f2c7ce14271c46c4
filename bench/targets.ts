import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fillRoom, type Talk } from './fill.js';
import { Server, SLOW_DISK } from './server.js';
import type { Store } from './store.js';

const run = promisify(execFile);

/** Under what a server is measured, beside its defaults. */
export type Profile = 'default' | 'small cache' | 'no cache' | 'slow disk';

export interface Room {
  id: string | number;
  ownerId: string | number;
}

export interface Target {
  name: 'conclave' | 'reference';
  start(
    store: Store,
    profile: Profile,
    nodeArgs?: string[],
    environment?: NodeJS.ProcessEnv,
  ): Promise<Server>;
  /** Puts messages into a room of a server that is stopped. */
  fill(store: Store, room: Room, count: number, talk?: Talk): Promise<void>;
}

const SECRETS = {
  MASTER_KEYS: randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  JWT_SECRET: randomBytes(48).toString('base64url'),
};

/** As in production, without limits on requests and without a log line for each. */
export const CONCLAVE = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  RATE_LIMIT: 'off',
  ACCESS_TOKEN_TTL: '1d',
  ...SECRETS,
};

const REFERENCE = {
  NODE_ENV: 'production',
  MASTER_KEY: randomBytes(32).toString('hex'),
  JWT_SECRET: SECRETS.JWT_SECRET,
};

/** As `npm start` has them. */
const NODE_ARGS = ['--max-semi-space-size=32'];

/** A cache that holds half a page of bodies: those of a walk are gone when it comes round again. */
const CACHE: Partial<Record<Profile, NodeJS.ProcessEnv>> = {
  'small cache': { BODY_CACHE_BYTES: '65536' },
  'no cache': { BODY_CACHE_BYTES: '0' },
};

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const prefixOf = (profile: Profile): string[] => (profile === 'slow disk' ? SLOW_DISK : []);

export const conclave: Target = {
  name: 'conclave',
  start: (store, profile, nodeArgs = [], environment = {}) =>
    Server.start(
      [...NODE_ARGS, ...nodeArgs, pathOf('../dist/main.js')],
      { ...CONCLAVE, ...CACHE[profile], ...store.environment, ...environment },
      prefixOf(profile),
    ),
  fill: (store, room, count, talk) => fillRoom(store, [SECRETS.MASTER_KEYS], room, count, talk),
};

const reference: Target = {
  name: 'reference',
  start: (store, profile) =>
    Server.start(
      [...NODE_ARGS, pathOf('reference/server.mjs')],
      { ...REFERENCE, ...store.environment },
      prefixOf(profile),
    ),
  fill: async (store, room, count) => {
    const args = [room.id, room.ownerId, count].map(String);
    const env = { PATH: process.env.PATH, ...REFERENCE, ...store.environment };
    await run(process.execPath, [pathOf('reference/fill.mjs'), ...args], { env });
  },
};

/** In the order in which they take turns. */
export const TARGETS = [conclave, reference];
