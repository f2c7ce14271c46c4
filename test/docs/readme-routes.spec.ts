import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const [, table] = /^## The routes at a glance\n([^]*?)^Good to know/m.exec(
  readFileSync('README.md', 'utf8'),
)!;
const cells = [...table.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell);
const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, object>;
};

/** Its path as a whole, and the method before it: on its own, where several have one path. */
function isNamed(method: string, path: string): boolean {
  const place = `${path.replaceAll(/[{}]/g, '\\$&')}(?![\\w{/])`;
  const named = new RegExp(
    `\`${method} ${place}|\`${method}\` .*\`[A-Z]+ ${place}|\` · \`${place}`,
  );
  return cells.some((cell) => named.test(cell));
}

it("the README's table has every route", () => {
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => [method.toUpperCase(), path]),
  );
  expect(routes.length).toBeGreaterThan(30);
  expect(routes.filter(([method, path]) => !isNamed(method, path))).toEqual([]);
});
