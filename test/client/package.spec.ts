import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { describe, expect, it } from 'vitest';

const HOME = 'packages/client';
const MOST_BYTES = 16 * 1024;
const MOST_OF_FILES = 3 * 1024;
const sources = readdirSync(`${HOME}/src`).map((file) => `${HOME}/src/${file}`);
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s+'([^']+)'/g)].map(([, name]) => name);

describe('@conclave/client', () => {
  it('has the types of the API as it is', async () => {
    const cli = 'node_modules/openapi-typescript/bin/cli.js';
    const { stdout } = await promisify(execFile)('node', [cli, 'docs/openapi.json'], {
      maxBuffer: 16 * 1024 ** 2,
    });
    expect(readFileSync(`${HOME}/src/schema.ts`, 'utf8')).toBe(stdout);
  });

  it('needs two packages and nothing of the server, which needs nothing of it', () => {
    const own = /^\.\/[a-z-]+\.js$/;
    const others = sources.flatMap(importsOf).filter((name) => !own.test(name));
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(`${HOME}/package.json`, 'utf8'),
    ) as Record<string, object>;
    const named = Object.keys({ ...dependencies, ...peerDependencies });
    expect(others.filter((name) => !named.includes(name))).toEqual([]);
    expect(Object.keys(dependencies).sort()).toEqual(['openapi-fetch', 'socket.io-client']);
    const server = readdirSync('src', { recursive: true, encoding: 'utf8' });
    for (const file of server.filter((name) => name.endsWith('.ts')))
      expect(importsOf(`src/${file}`).join('\n'), file).not.toContain('@conclave/client');
  });

  it('has no circular import', () => {
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      expect(path, [...path, file].join(' → ')).not.toContain(file);
      if (done.has(file)) return;
      for (const name of importsOf(file).filter((each) => each.startsWith('.')))
        visit(`${HOME}/src/${name.slice(2).replace(/\.js$/, '.ts')}`, [...path, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
  });

  it(`is at most ${MOST_BYTES} bytes, gzipped, without socket.io-client`, async () => {
    const bytes = await bytesWithout('socket.io-client', /attachments\.js$/);
    expect(bytes).toBeGreaterThan(5000);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it(`has at most ${MOST_OF_FILES} bytes more for files, which nobody loads who has none`, async () => {
    const [all, most] = await Promise.all([
      bytesWithout('socket.io-client'),
      bytesWithout('socket.io-client', /attachments\.js$/),
    ]);
    expect(all - most).toBeGreaterThan(1000);
    expect(all - most).toBeLessThanOrEqual(MOST_OF_FILES);
  });
});

/** Of the client, bundled and gzipped. */
async function bytesWithout(...external: (string | RegExp)[]): Promise<number> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: `${HOME}/dist/index.js`, formats: ['iife'], name: 'Conclave' },
      rolldownOptions: {
        external,
        output: { globals: { 'socket.io-client': 'io' }, codeSplitting: false },
      },
    },
  })) as Rolldown.RolldownOutput[];
  return gzipSync(built[0].output[0].code, { level: 9 }).length;
}
