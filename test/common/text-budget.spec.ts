import { expect, it } from 'vitest';
import { ANSWER_BYTES, TextBudget } from '../../src/common/text-budget.js';

const row = (bytes: number | null): { ciphertext: string | null } => ({
  ciphertext: bytes === null ? null : 'x'.repeat(bytes),
});

it('takes rows up to the one that passes the bound', () => {
  const budget = new TextBudget();
  const rows = [row(ANSWER_BYTES), row(null), row(1), row(null)];
  expect(budget.take(rows)).toEqual(rows.slice(0, 3));
  expect(budget.isSpent).toBe(true);
  expect(budget.take(rows)).toEqual([]);
});

it('goes on where it was, and is not spent while all fits', () => {
  const budget = new TextBudget();
  expect(budget.take([row(ANSWER_BYTES - 1)])).toHaveLength(1);
  expect(budget.take([row(1), row(null)])).toHaveLength(2);
  expect(budget.isSpent).toBe(false);
  expect(budget.take([row(1), row(1)])).toHaveLength(1);
});
