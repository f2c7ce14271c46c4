/**
 * Whether what others make of docs/openapi.json is sound: three generators of clients, whose output has
 * to compile, and two linters. It fetches them by npx. `node scripts/check-generators.mjs`
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'conclave-generators-'));
const DOCUMENT = 'openapi.json';

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    skipLibCheck: true,
  },
  include: ['hey-api', 'orval', 'zod.ts'],
};
/** /chat/, /message/ and /users/ have carried their slash from the first version on. */
const SPECTRAL = { extends: ['spectral:oas'], rules: { 'path-keys-no-trailing-slash': 'off' } };

/** Each a program as npx finds it, and the packages that it needs beside itself. */
const STEPS = [
  [
    'hey-api',
    ['@hey-api/openapi-ts@0.99.0', 'typescript@6.0.3'],
    'openapi-ts',
    '-i',
    DOCUMENT,
    '-o',
    'hey-api',
  ],
  [
    'orval',
    ['orval@8.38.0'],
    'orval',
    '--input',
    DOCUMENT,
    '--output',
    'orval/api.ts',
    '--client',
    'fetch',
  ],
  [
    'zod',
    ['openapi-zod-client@1.18.3'],
    'openapi-zod-client',
    DOCUMENT,
    '-o',
    'zod.ts',
    '--export-schemas',
  ],
  ['tsc', ['typescript@6.0.3'], 'tsc', '-p', '.'],
  [
    'spectral',
    ['@stoplight/spectral-cli@6.16.3'],
    'spectral',
    'lint',
    '--fail-severity=hint',
    DOCUMENT,
  ],
  ['redocly', ['@redocly/cli@2.77.0'], 'redocly', 'lint', '--config=redocly.yaml', DOCUMENT],
];

function run(program, ...words) {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off' };
  execFileSync(program, words, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
}

let failures = 0;
copyFileSync(resolve('docs/openapi.json'), join(folder, DOCUMENT));
copyFileSync(resolve('redocly.yaml'), join(folder, 'redocly.yaml'));
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
writeFileSync(join(folder, '.spectral.json'), JSON.stringify(SPECTRAL));
writeFileSync(join(folder, 'package.json'), '{}');
run('npm', 'install', '--silent', 'zod@3.25.76', '@zodios/core@10.9.6', 'axios@1.21.1'); // of the zod client
for (const [name, packages, program, ...words] of STEPS) {
  try {
    run('npx', '--yes', ...packages.map((it) => `--package=${it}`), '--', program, ...words);
    console.log(`${name}: sound`);
  } catch (error) {
    failures++;
    console.log(`${name}: ${error.stdout}${error.stderr}`);
  }
}
rmSync(folder, { recursive: true });
process.exit(failures === 0 ? 0 : 1);
