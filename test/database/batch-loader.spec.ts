import { describe, expect, it, vi } from 'vitest';
import { BatchLoader } from '../../src/database/batch-loader.js';

/** Knows of every id but those that begin with `no`. */
function loaderOf(): { loader: BatchLoader<string>; asked: string[][] } {
  const asked: string[][] = [];
  const loader = new BatchLoader((ids) => {
    asked.push(ids);
    const known = ids.filter((id) => !id.startsWith('no'));
    return Promise.resolve(new Map(known.map((id) => [id, `item ${id}`])));
  });
  return { loader, asked };
}

describe('a batch loader', () => {
  it('asks once for what is asked at the same moment, and gives each their own', async () => {
    const { loader, asked } = loaderOf();
    const found = await Promise.all(
      [['a', 'b'], ['b', 'none'], ['c']].map((ids) => loader.find(ids)),
    );
    expect(asked).toEqual([['a', 'b', 'none', 'c']]);
    expect(found.map((items) => [...items])).toEqual([
      [
        ['a', 'item a'],
        ['b', 'item b'],
      ],
      [['b', 'item b']],
      [['c', 'item c']],
    ]);
  });

  it('asks anew for what is asked later, also while the first is not answered yet', async () => {
    const { loader, asked } = loaderOf();
    const first = loader.find(['a']);
    await new Promise((resolve) => process.nextTick(resolve));
    await Promise.all([first, loader.find(['a'])]);
    await loader.find(['a']);
    expect(asked).toEqual([['a'], ['a'], ['a']]);
  });

  it('asks for no more at once than a query should', async () => {
    const { loader, asked } = loaderOf();
    const ids = Array.from({ length: 1100 }, (_, n) => `${n}`);
    const found = await Promise.all(ids.map((id) => loader.find([id])));
    expect(asked.map((list) => list.length)).toEqual([500, 500, 100]);
    expect(found.map((items) => [...items.values()])).toEqual(ids.map((id) => [`item ${id}`]));
  });

  it('tells all who asked that it failed, and asks again next time', async () => {
    const query = vi.fn<(ids: string[]) => Promise<Map<string, string>>>();
    query.mockRejectedValueOnce(new Error('no')).mockResolvedValue(new Map([['a', 'item']]));
    const loader = new BatchLoader(query);
    const results = await Promise.allSettled([loader.find(['a']), loader.find(['b'])]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await loader.find(['a'])).toEqual(new Map([['a', 'item']]));
  });
});
