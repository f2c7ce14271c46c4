import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Settings } from '../../src/config/settings.js';
import { freePort } from '../faults/support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { missingNginx, NginxProcess } from '../support/nginx-process.js';

interface Service {
  image?: string;
  build?: string;
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string | null>;
  secrets?: string[];
  logging?: { options: Record<string, string> };
  depends_on?: Record<string, unknown>;
  read_only?: boolean;
}

interface Composition {
  services: Record<string, Service>;
  secrets?: Record<string, { file: string }>;
}

const read = (file: string): Composition =>
  parse(readFileSync(file, 'utf8'), { merge: true }) as Composition;
const { services } = read('docker-compose.yml');
const inFiles = read('docker-compose.secrets.yml');
const dockerfile = readFileSync('Dockerfile', 'utf8');
const ours = ['conclave', 'conclave-a', 'conclave-b'];

/** Every setting that is read from the environment, but for names of files that hold another one's value. */
const settings = readdirSync('src/config')
  .flatMap((file) =>
    [
      ...readFileSync(join('src/config', file), 'utf8').matchAll(
        /\(read, '([A-Z_\d]+)'|read\.\w+\(\s*'([A-Z_\d]+)'/g,
      ),
    ].map(([, one, other]) => one ?? other),
  )
  .filter((name) => !name.endsWith('_FILE'));
/** Which the image sets, or which are of no use within it. */
const FIXED = ['NODE_ENV', 'HOST', 'PORT', 'DATA_DIR'];

it("the README's table has every setting, and no other", () => {
  const rows = readFileSync('README.md', 'utf8').matchAll(/^\| `([A-Z_\d]+)` +\|/gm);
  expect(new Set([...rows].map(([, name]) => name))).toEqual(new Set(settings));
});

describe('docker-compose.yml', () => {
  it('passes every setting on', () => {
    expect(settings).toContain('SIGN_UP');
    expect(settings).toContain('DATABASE_URL');
    const wanted = new Set(settings.filter((name) => !FIXED.includes(name)));
    for (const name of ours) {
      const passed = Object.keys(services[name].environment!);
      expect(
        [...wanted].filter((each) => !passed.includes(each)),
        name,
      ).toEqual([]);
    }
    for (const name of FIXED.filter((each) => each !== 'PORT'))
      expect(dockerfile).toContain(`${name}=`);
  });

  it('opens ports to this machine alone, and bounds every log', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(1);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    for (const { logging } of Object.values(services)) {
      expect(logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' });
    }
  });

  it('starts one service by default, and all of the profile by its proxy', () => {
    const names = Object.keys(services);
    expect(names.filter((name) => !services[name].profiles)).toEqual(['conclave']);
    const started = new Set(['proxy']);
    for (const name of started) {
      for (const other of Object.keys(services[name].depends_on ?? {})) started.add(other);
    }
    expect([...started].sort()).toEqual(names.filter((name) => name !== 'conclave').sort());
  });

  it('mounts what is there', () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
    const files = mounted.filter((each) => each.startsWith('./')).map((each) => each.split(':')[0]);
    expect(files).toEqual(['./ops/nginx.conf']);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('docker-compose.secrets.yml', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    execFileSync(process.execPath, [resolve('scripts/make-keys.mjs'), '--files'], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names services and secrets that there are, and files that the key maker makes', () => {
    for (const [name, { secrets }] of Object.entries(inFiles.services)) {
      expect(services).toHaveProperty(name);
      for (const secret of secrets!) expect(inFiles.secrets).toHaveProperty(secret);
    }
    const files = Object.values(inFiles.secrets!).map(({ file }) => join(folder, file));
    expect(readdirSync(join(folder, 'secrets')).sort()).toEqual(
      Object.keys(inFiles.secrets!).sort(),
    );
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  });

  it.each(ours)('gives %s sound settings', (name) => {
    const both = { ...services[name].environment, ...inFiles.services[name].environment };
    const given = Object.entries(both).map(([key, value]) => [
      key,
      value?.startsWith('${') ? '' : value?.replace('/run/secrets', join(folder, 'secrets')),
    ]);
    const settings = new Settings({ ...Object.fromEntries(given), NODE_ENV: 'production' });
    expect([settings.masterKeys.length, settings.jwtSecrets.length]).toEqual([1, 1]);
    const url = name === 'conclave' ? undefined : /^postgres:\/\/conclave:[\w-]+@postgres:5432\//;
    if (url) expect(settings.databaseUrl).toMatch(url);
    else expect(settings.databaseUrl).toBeUndefined();
  });

  it('comes with a key maker that overwrites nothing', () => {
    const path = join(folder, 'secrets', 'master_keys');
    const before = readFileSync(path, 'utf8');
    const again = spawnSync(process.execPath, [resolve('scripts/make-keys.mjs'), '--files'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('exists already')]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('the image', () => {
  it('copies what is there, and what .dockerignore lets in', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) =>
      files.split(' '),
    );
    const letIn = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(copied).toContain('scripts/make-keys.mjs');
    expect(copied.filter((file) => !existsSync(file))).toEqual([]);
    expect(copied.filter((file) => !letIn.some((name) => isLetIn(file, name)))).toEqual([]);
  });

  it('asks after its health without a Node of its own', async () => {
    expect(dockerfile).toMatch(
      /^HEALTHCHECK .*--start-period=60s CMD \["bash", "\/app\/scripts\/health\.sh"\]$/m,
    );
    const dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    const environment = { NODE_ENV: 'test', DATA_DIR: dataDir, PORT: String(await freePort()) };
    const ask = (): number | null =>
      spawnSync('bash', ['scripts/health.sh'], { env: { ...process.env, ...environment } }).status;
    expect(ask()).toBe(1);
    const server = await ServerProcess.start(environment);
    const asked = spawnSync('bash', ['scripts/health.sh'], { env: environment });
    expect([asked.status, asked.stderr.toString()]).toEqual([0, '']);
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });
});

const lacking = missingNginx;

describe.skipIf(lacking)(`the proxy of the profile scale${lacking && ` (${lacking})`}`, () => {
  it('passes requests on', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'conclave-test-'));
    const server = await ServerProcess.start({ NODE_ENV: 'test', DATA_DIR: dataDir, PORT: '0' });
    const { host } = new URL(server.url);
    const port = await freePort();
    const configuration = readFileSync('ops/nginx.conf', 'utf8')
      .replaceAll(/conclave-[ab]:3000 resolve/g, host) // older versions than the image's know no "resolve"
      .replaceAll('/tmp/', '')
      .replaceAll('/dev/stderr', 'error.log')
      .replaceAll('/dev/stdout', 'access.log')
      .replace('listen 8080', `listen 127.0.0.1:${port}`);
    const nginx = await NginxProcess.startWhole(configuration, port);
    const url = `http://127.0.0.1:${port}`;
    expect((await fetch(`${url}/server?email=secret`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(403);
    expect(nginx.accessLog).toMatch(/"GET \/server" 200 /);
    expect(nginx.accessLog).not.toContain('secret');
    await nginx.stop();
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });
});

/** By its own name, or with the folder that it lies in. */
function isLetIn(file: string, line: string): boolean {
  return line === `!${file}` || file.startsWith(`${line.slice(1)}/`);
}
