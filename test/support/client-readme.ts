import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const README = readFileSync('packages/client/README.md', 'utf8');
const NEEDED = ['@conclave/client', 'react', 'react-dom', 'express', '@types'];
const OPTIONS = {
  ...{ module: 'nodenext', target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'] },
  ...{ strict: true, noImplicitReturns: true, jsx: 'react-jsx', types: ['node'], outDir: 'out' },
};
/** What the recipes for backends leave to their team. */
const LOG_IN = `export const userOf = async (cookie?: string) =>
  cookie === 'who=ada' ? { id: 7, firstName: 'Ada' } : null;`;
/** Its component for a list, in a page that is given the room. */
const SCROLL = `import { ConclaveClient } from '@conclave/client';
import { ConclaveProvider } from '@conclave/client/react';
import { createRoot } from 'react-dom/client';
import { Messages } from './messages.js';

const client = new ConclaveClient({ url: 'http://localhost:3000' });
const words = new URLSearchParams(location.search);
await client.logIn(words.get('email')!, words.get('password')!);
createRoot(document.querySelector('#root')!).render(
  <ConclaveProvider client={client}>
    <div style={{ height: 400 }}>
      <Messages id={words.get('room')!} />
    </div>
  </ConclaveProvider>,
);`;

/** The code under a heading of packages/client/README.md, of one language, without what names a file. */
export function blocksOf(heading: string, language: string): string[] {
  const [, section] = new RegExp(`^## ${heading}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(README)!;
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code,
  );
}

/** All code of the README, compiled strictly in a project of its own. */
export class ClientReadme {
  /** Headings under which something stands that was not run. */
  readonly untried: Set<string>;

  private constructor(
    private readonly folder: string,
    headings: string[],
  ) {
    this.untried = new Set(headings);
  }

  /** @param url stands in for that of the README. @throws with what the compiler says */
  static compile(url: string): ClientReadme {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-client-readme-'));
    const write = (name: string, text: string): void =>
      writeFileSync(join(folder, name), text.replaceAll('http://localhost:3000', url));
    for (const name of NEEDED) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
    }
    write('package.json', '{ "type": "module" }');
    write('tsconfig.json', JSON.stringify({ compilerOptions: OPTIONS }));
    write('your-log-in.ts', LOG_IN);
    write('main.ts', blocksOf('Five minutes in TypeScript', 'ts')[0]);
    write('app.tsx', blocksOf('Five minutes in React', 'tsx')[0]);
    write('messages.tsx', blocksOf('A list that scrolls', 'tsx')[0]);
    write('scroll.tsx', SCROLL);
    for (const [, name, code] of README.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm)) write(name, code);
    const headings = [...README.matchAll(/^## (.*)$/gm)]
      .map(([, heading]) => heading)
      .filter((it) => !it.startsWith('Five minutes') && blocksOf(it, 'ts').length > 0);
    for (const heading of headings)
      write(`${fileOf(heading)}.ts`, asFunction(blocksOf(heading, 'ts').join('\n')));
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: folder });
    if (status !== 0) throw new Error(stdout.toString());
    return new ClientReadme(folder, headings);
  }

  /** The path of a file, as it was written. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** What a compiled file exports. */
  async import(name: string): Promise<unknown> {
    return import(pathToFileURL(join(this.folder, 'out', `${name}.js`)).href);
  }

  /** Does what stands under a heading. @returns what it shows */
  async run(heading: string, names: object): Promise<unknown[]> {
    this.untried.delete(heading);
    const shown: unknown[] = [];
    const { run } = (await this.import(fileOf(heading))) as { run: (names: object) => unknown };
    await run({ ...names, render: (what: unknown) => shown.push(what) });
    return shown;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function fileOf(heading: string): string {
  return `on-${heading.toLowerCase().replaceAll(/\W+/g, '-')}`;
}

/** With the names that the README says it takes for granted. */
function asFunction(code: string): string {
  const imports = code.match(/^import .*$/gm) ?? [];
  const body = code.replaceAll(/^import .*$/gm, '');
  return `${imports.join('\n')}
import type * as conclave from '@conclave/client';

interface Names {
  client: conclave.ConclaveClient;
  room: conclave.Room;
  render: (what: unknown) => void;
}
export async function run({ client, room, render }: Names): Promise<void> {${body}}`;
}
