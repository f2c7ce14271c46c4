import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  dev?: boolean;
}

interface Component {
  group?: string;
  name: string;
  version: string;
  components?: Component[];
}

const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Python-2.0',
]);
/**
 * libvips, for thumbnails: a package that is optional, and a library of its own that is loaded when the server
 * runs, so that anybody may put another one in its place, as its licence asks.
 */
const LIBRARY = /^node_modules\/@img\/sharp-libvips-[\w-]+$/;
const LIBRARY_LICENCE = 'LGPL-3.0-or-later';
/** What npm warns of below which major version: neither the lock nor every registry tells. */
const DEPRECATED: Record<string, number> = {
  '@humanwhocodes/config-array': Infinity,
  '@npmcli/move-file': Infinity,
  'are-we-there-yet': Infinity,
  boolean: Infinity,
  eslint: 9,
  gauge: Infinity,
  glob: 12,
  inflight: Infinity,
  'lodash.get': Infinity,
  'lodash.isequal': Infinity,
  multer: 2,
  'node-domexception': Infinity,
  npmlog: Infinity,
  'prebuild-install': Infinity,
  request: Infinity,
  rimraf: 4,
  tar: 7,
  uuid: 11,
  'whatwg-encoding': Infinity,
};
/** Nothing listens there: what goes out all the same comes to nothing. */
const NO_NETWORK = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
/** For tools that read the whole project, on a machine that does other things too. */
const LONG_MS = 180_000;

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const packages: Record<string, Locked> = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
).packages;
const OWN = /^$|^(packages|apps)\/[^/]+$|^node_modules\/@conclave\//;
const paths = Object.keys(packages).filter((path) => !OWN.test(path));
const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '');
/** Of the server: what its client needs does not come with it. */
const production = execFileSync(
  'npm',
  ['ls', '--all', '--omit', 'dev', '--workspaces=false', '--parseable'],
  { encoding: 'utf8' },
)
  .split('\n')
  .map((path) => relative('.', path))
  .filter((path) => path.startsWith('node_modules/'));

/** Runs a script of package.json, as one does who is offline; rejects when it fails. */
async function npmRun(...words: string[]): Promise<string> {
  const env = { ...process.env, ...NO_NETWORK };
  return (await promisify(execFile)('npm', ['run', '--silent', ...words], { env })).stdout;
}

describe('the packages', () => {
  it('are asked for in one exact version each', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest as Record<
      string,
      Record<string, string>
    >;
    const versions = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    });
    expect(versions.length).toBeGreaterThan(40);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are locked by checksum, from whatever registry npm is told to use', () => {
    expect(paths.filter((path) => !packages[path].integrity)).toEqual([]);
    expect(paths.filter((path) => packages[path].resolved)).toEqual([]);
  });

  it('are not deprecated, but for what fetches the binary of better-sqlite3 12', () => {
    const isDeprecated = (path: string): boolean =>
      parseInt(packages[path].version) < (DEPRECATED[nameOf(path)] ?? 0);
    expect(paths.filter(isDeprecated)).toEqual(['node_modules/prebuild-install']);
  });

  it('have permissive licences where production needs them', () => {
    const isPermissive = (path: string): boolean =>
      licenceOf(path)
        .replaceAll(/[()]/g, '')
        .split(' OR ')
        .some((licence) => PERMISSIVE.has(licence));
    const others = production.filter((path) => !LIBRARY.test(path));
    const libraries = production.filter((path) => LIBRARY.test(path)).map(licenceOf);
    expect(others.filter((path) => !isPermissive(path)).map(licenceOf)).toEqual([]);
    expect(new Set(libraries)).toEqual(new Set([LIBRARY_LICENCE]));
  });

  it('are all used, and so is every file and export', { timeout: LONG_MS }, async () => {
    expect(await npmRun('unused')).toBe('');
  });
});

/** The lock knows it but for packages from before `license` was one field. */
function licenceOf(path: string): string {
  const { license } = packages[path];
  if (license) return license;
  const texts = readdirSync(path).filter((file) => /^(license|readme)/i.test(file));
  const isMit = texts.some((file) =>
    readFileSync(join(path, file), 'utf8').includes('MIT License'),
  );
  return isMit ? 'MIT' : `unknown: ${path}`;
}

describe('npm run sbom', () => {
  it('lists, without the network, what production needs', { timeout: LONG_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-sbom-'));
    const file = join(folder, 'sbom.json');
    await npmRun('sbom', '--', '--output-file', file);
    const { bomFormat, components } = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(folder, { recursive: true });
    const listed = flat(components as Component[]).map(
      ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`,
    );
    const locked = production.map((path) => `${nameOf(path)}@${packages[path].version}`);
    expect(bomFormat).toBe('CycloneDX');
    expect(new Set(listed)).toEqual(new Set(locked));
  });
});

describe('docs/operations.md', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');
  const guide = readFileSync('docs/operations.md', 'utf8');
  const found = (text: string, pattern: RegExp): Set<string> =>
    new Set([...text.matchAll(pattern)].map(([, name]) => name));

  it('names exactly the events that the server logs', () => {
    const [, chapter] = /^## Logs\n([^]*?)^## /m.exec(guide)!;
    const rows = chapter.replaceAll(/^\| ([^|]*).*$/gm, '$1');
    const logged = found(sources, /\b(?:event: |audit\()'([\w.]+)'/g);
    expect(logged.size).toBeGreaterThan(30);
    expect(found(rows, /`(\w+\.\w+|request)`/g)).toEqual(logged);
  });

  it('names exactly the metrics of our own, alerts included', () => {
    const [plain, caches] = [/'(conclave_\w+(?<!_cache))'/g, /'(conclave_\w+_cache)'/g].map(
      (pattern) => [...found(sources, pattern)],
    );
    const metrics = [
      ...plain,
      ...caches.flatMap((it) => [`${it}_hits_total`, `${it}_misses_total`]),
    ];
    const named = [...found(guide, /\b(conclave_\w+)/g)];
    expect(metrics).toContain('conclave_http_request_duration_seconds');
    expect(new Set(named.map((it) => it.replace(/_(bucket|count|sum)$/, '')))).toEqual(
      new Set(metrics),
    );
  });
});

function flat(components: Component[]): Component[] {
  return components.flatMap((component) => [component, ...flat(component.components ?? [])]);
}
