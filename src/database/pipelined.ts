/**
 * Awaits statements of one transaction that are asked at once, so that PostgreSQL gets them in one
 * flight and answers them in this order. Should one fail, the others are awaited before that is told:
 * none may come after the end of its transaction.
 */
export async function pipelined<T extends unknown[]>(
  statements: [...T],
): Promise<{
  [K in keyof T]: Awaited<T[K]>;
}> {
  await Promise.allSettled(statements);
  return Promise.all(statements);
}
