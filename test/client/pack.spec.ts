import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '../support/frontend.js';

const HOME = 'packages/client';
const run = promisify(execFile);
/** What a team writes that has the package and its types. */
const PROGRAM = `
import { ConclaveClient, memoryStorage, Problem, type RoomMessage } from '@conclave/client';

export const client = new ConclaveClient({ url: 'http://localhost:3000', storage: memoryStorage() });
export const textOf = ({ message, sender }: RoomMessage): string => \`\${sender.fname}: \${message}\`;
export async function first(email: string, password: string): Promise<string | undefined> {
  try {
    await client.logIn(email, password);
  } catch (error) {
    if (error instanceof Problem && error.type === 'urn:conclave:problem:wrong-credentials') return;
    throw error;
  }
  const { data } = await client.api.GET('/userauth/sessions');
  return data?.data[0]?.user_agent?.toUpperCase();
}
`;
const COMPONENT = `
import { ConclaveProvider, useRoom } from '@conclave/client/react';
import { createElement, type ReactElement, type ReactNode } from 'react';
import { client, textOf } from './program.js';

function Room({ id }: { id: string }): ReactNode {
  const { messages, send } = useRoom(id, 'unread');
  send('Hello');
  return messages.map(textOf);
}
export const app = (): ReactElement =>
  createElement(ConclaveProvider, { client }, createElement(Room, { id: 'some' }));
`;

let project: string;
let packed: string[];

/** As npm would install the tarball, with what it says it needs, and nothing else. */
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'conclave-pack-'));
  const home = join(project, 'node_modules/@conclave/client');
  const words = ['pack', `./${HOME}`, '--ignore-scripts', '--json', '--pack-destination', project];
  const [{ filename, files }] = JSON.parse((await run('npm', words)).stdout);
  packed = files.map(({ path }: { path: string }) => path);
  mkdirSync(home, { recursive: true });
  await run('tar', ['-xzf', join(project, filename), '--strip-components', '1', '-C', home]);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  );
  const needed = Object.keys({ ...dependencies, ...peerDependencies });
  for (const name of [...needed, '@types/react']) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  writeFileSync(join(project, 'component.ts'), COMPONENT);
});
afterAll(() => rmSync(project, { recursive: true }));

it('packs what was built of each source, and its README', () => {
  const built = readdirSync(`${HOME}/src`).flatMap((file) => {
    const name = `dist/${file.replace(/\.tsx?$/, '')}`;
    return [`${name}.js`, `${name}.d.ts`];
  });
  expect(packed.sort()).toEqual([...built, 'README.md', 'package.json'].sort());
});

it('says nowhere that something may be anything', () => {
  const isAny = (node: ts.Node): boolean =>
    node.kind === ts.SyntaxKind.AnyKeyword || (ts.forEachChild(node, isAny) ?? false);
  const files = packed.filter((name) => name.endsWith('.d.ts')).map((name) => `${HOME}/${name}`);
  expect(files.length).toBeGreaterThan(20);
  const vague = files.filter((file) =>
    isAny(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)),
  );
  expect(vague).toEqual([]);
});

it.each([
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
])('compiles strictly in a project whose modules are resolved as %s', async (how, module) => {
  const options = {
    ...{ module, moduleResolution: how, target: 'ES2022', lib: ['ES2022', 'DOM'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ skipLibCheck: false, noEmit: true, types: [] },
  };
  const config = JSON.stringify({ compilerOptions: options, include: ['*.ts'] });
  writeFileSync(join(project, 'tsconfig.json'), config);
  const compiled = await run(process.execPath, [resolve('node_modules/typescript/bin/tsc')], {
    cwd: project,
  }).catch((error: { stdout: string }) => error);
  expect(compiled.stdout).toBe('');
});

it('runs in Node, and is bundled for browsers, without React where that is not used', async () => {
  const program =
    "const { ConclaveClient } = await import('@conclave/client'); new ConclaveClient();";
  await run(process.execPath, ['--input-type=module', '-e', program], { cwd: project });
  const entry = (name: string): string => {
    const file = join(project, `${name}-page.ts`);
    writeFileSync(file, `import * as all from './${name}.js'; Object.assign(window, all);`);
    return file;
  };
  expect(await bundle(entry('program'))).not.toContain('useSyncExternalStore');
  expect(await bundle(entry('component'))).toContain('useSyncExternalStore');
});
