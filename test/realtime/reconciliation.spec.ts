import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/database/database.js';
import type { EventBus } from '../../src/events/event-bus.js';
import type { Reconciler } from '../../src/realtime/reconciler.js';
import { Reconciliation } from '../../src/realtime/reconciliation.js';
import { Gate } from '../support/gate.js';

const look = vi.fn<Reconciler['look']>();
let lose: () => void;
let reconciliation: Reconciliation;
beforeEach(() => {
  look.mockReset().mockResolvedValue();
  const bus = {
    onResumed: vi.fn(),
    on: (_type: string, handler: () => void) => (lose = handler),
  };
  reconciliation = new Reconciliation(
    { look } as unknown as Reconciler,
    {} as Database,
    bus as unknown as EventBus,
  );
});

const asked = (): unknown[] => look.mock.calls.map(([hasMissed]) => hasMissed);

describe('news that events were lost', () => {
  it('are told on once', async () => {
    lose();
    await reconciliation.run();
    await reconciliation.run();
    expect(asked()).toEqual([true, false]);
  });

  it('are told on by the next look, where this one fails', async () => {
    lose();
    look.mockRejectedValueOnce(new Error('no database'));
    await expect(reconciliation.run()).rejects.toThrow('no database');
    await reconciliation.run();
    await reconciliation.run();
    expect(asked()).toEqual([true, true, false]);
  });

  it('that come while it looks are for the next look', async () => {
    const gate = new Gate();
    look.mockImplementationOnce(() => gate.pass());
    const looking = reconciliation.run();
    await gate.reached;
    lose();
    gate.open();
    await looking;
    await reconciliation.run();
    expect(asked()).toEqual([false, true]);
  });
});
