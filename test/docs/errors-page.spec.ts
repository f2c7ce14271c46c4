import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROBLEM_TYPES } from '../../src/http/problem.js';

it('docs/errors.md lists every type of problem, and no other', () => {
  const page = readFileSync('docs/errors.md', 'utf8');
  const listed = [...page.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, kind]) => kind);
  expect(listed.sort()).toEqual(
    PROBLEM_TYPES.map((type) => type.replace('urn:conclave:problem:', '')).sort(),
  );
});
