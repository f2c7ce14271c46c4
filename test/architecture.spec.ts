import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/** From the ground up; a folder imports lower floors only, none of its own floor. */
const FLOORS = [
  ['crypto'],
  ['common'],
  ['metrics'],
  ['config'],
  ['redis'],
  ['database'],
  ['http'],
  ['jobs'],
  ['events', 'rate-limit'],
  ['encryption'],
  ['user'],
  ['auth', 'chat'],
  ['attachment'],
  ['message'],
  ['sync', 'search', 'erasure'],
  ['realtime', 'health'],
  ['api-docs', 'cli', 'page'],
];
/** Above all of them. */
const TOP = ['app.module.ts', 'app.setup.ts', 'cli.ts', 'entities.ts', 'main.ts'];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const sourceOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const importsOf = (file: string): string[] =>
  [...sourceOf(file).matchAll(/(?:from|import)\s+'(\.[^']+)\.js'/g)].map(([, path]) =>
    normalize(join(dirname(file), `${path}.ts`)),
  );
const floorOf = (file: string): number =>
  FLOORS.findIndex((rooms) => rooms.includes(file.split('/')[0]));

describe('the house', () => {
  it('has every folder on a floor', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map((f) => f.split('/')[0]));
    expect([...folders].sort()).toEqual(FLOORS.flat().sort());
  });

  it('has nothing else on its top level', () => {
    expect(files.filter((file) => !file.includes('/')).sort()).toEqual(TOP);
  });

  it('has no import that goes up or across', () => {
    const inRooms = files.filter((file) => file.includes('/'));
    const wrong = inRooms.flatMap((file) =>
      importsOf(file)
        .filter((imported) => imported.split('/')[0] !== file.split('/')[0])
        .filter((imported) => floorOf(imported) >= floorOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circular import', () => {
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      expect(path, `circle: ${[...path, file].join(' → ')}`).not.toContain(file);
      if (done.has(file)) return;
      for (const imported of importsOf(file)) visit(imported, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it('has no barrel, no forwardRef, and no transaction outside its one place', () => {
    const bypass = /\.transaction\(|createQueryRunner|startTransaction|getDataSourceToken/;
    for (const file of files) {
      const source = sourceOf(file);
      expect(file).not.toMatch(/(^|\/)index\.ts$/);
      expect(source, file).not.toContain('forwardRef');
      if (!file.startsWith('database/')) expect(source, file).not.toMatch(bypass);
    }
  });
});

describe('the documents', () => {
  const documents = [ROOT, join(ROOT, 'docs'), join(ROOT, 'docs/adr')].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  /** A path with a folder in it; none of an address, and none that is made, such as `dist/…`. */
  const PATH =
    /(?<![\w./:@$-])(?!dist\/|data\/|node_modules\/)((?:[\w.-]+\/)+[\w-][\w.-]*\.(?:ts|mjs|js|sh|md|yml))(?![\w/*])/g;

  it('name files that are there', () => {
    const missing = documents.flatMap((document) =>
      [...readFileSync(document, 'utf8').matchAll(PATH)]
        .map(([, path]) => path)
        .filter((path) => ![ROOT, SRC, dirname(document)].some((at) => existsSync(join(at, path))))
        .map((path) => `${document.slice(ROOT.length)} names ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('show the floors as they are', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) +\|/gm)];
    expect(rows.map(([, names]) => names.replaceAll('`', '').split(', '))).toEqual(FLOORS);
  });
});
