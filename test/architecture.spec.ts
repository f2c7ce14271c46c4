import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** From the ground up; a folder imports lower floors only. */
const FLOORS = [
  'common',
  'metrics',
  'config',
  'database',
  'encryption',
  'events',
  'user',
  'auth',
  'chat',
  'message',
  'erasure',
  'realtime',
  'health',
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const sourceOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const importsOf = (file: string): string[] =>
  [...sourceOf(file).matchAll(/(?:from|import)\s+'(\.[^']+)\.js'/g)].map(([, path]) =>
    normalize(join(dirname(file), `${path}.ts`)),
  );
const floorOf = (file: string): number => FLOORS.indexOf(file.split('/')[0]);

describe('the house', () => {
  it('has every folder on a floor of its own', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map((f) => f.split('/')[0]));
    expect([...folders].sort()).toEqual([...FLOORS].sort());
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
