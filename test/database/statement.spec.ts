import { describe, expect, it } from 'vitest';
import { isEmpty, rowsOf, statement, statements } from '../../src/database/statement.js';

describe('a statement', () => {
  const given = { name: 'of_this_test', postgres: 'SELECT 1', sqlite: 'SELECT 1' };

  it('is known by its name, which no other one has, and stays as it is', () => {
    const registered = statement(given);
    expect(statements.get('of_this_test')).toBe(registered);
    expect(() => statement({ ...given })).toThrow('Two statements are named of_this_test');
    expect(() => (registered.sqlite = 'DELETE FROM chat')).toThrow(TypeError);
  });
});

describe('parameters', () => {
  it.each([
    [[], false],
    [['a', 0, null], false],
    [[['a'], [[1, 'b']]], false],
    [['a', []], true],
    [[[], ['a']], true],
  ])('%j: nothing to ask for is %s', (parameters, expected) => {
    expect(isEmpty(parameters)).toBe(expected);
  });
});

it('rows of a list have a limit that PostgreSQL does not know beforehand', () => {
  expect(rowsOf('chat', '$2').replaceAll(/\s+/g, ' ')).toBe(
    '(SELECT * FROM json_populate_recordset(NULL::chat, $2) LIMIT (SELECT json_array_length($2)))',
  );
});
