import { newId } from '../../src/crypto/ids.js';
import { KeyRenewal } from '../../src/encryption/key-renewal.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { EventBus } from '../../src/events/event-bus.js';
import type { Step } from './search-history.js';
import { SegmentIndexer } from '../../src/search/segment-indexer.js';

/** Makes and merges all segments that are to be. */
const index: Step = {
  name: 'index',
  weight: 8,
  play: ({ app }) => app.nest.get(SegmentIndexer).settle(),
};

/** A segment that does not open is as good as none. */
const damage: Step = {
  name: 'damage',
  weight: 1,
  async play(history) {
    const { app } = history;
    const room = history.pick(history.rooms)!;
    await app.sql('UPDATE search_segment SET key_at = ? WHERE chat_id = ?', [newId(), room.id]);
  },
};

/** A room and everybody in it get other keys, which count from now on. */
const renew: Step = {
  name: 'renew',
  weight: 2,
  async play(history) {
    const { app } = history;
    const room = history.pick(history.rooms)!;
    const ownerIds = [room.id, ...room.members];
    await app.nest.get(KeyRenewal).renew({ chatId: room.id });
    for (const userId of room.members) await app.nest.get(KeyRenewal).renew({ userId });
    const ahead = newId();
    for (const id of ownerIds) {
      const sql = 'UPDATE wrapped_key SET since = ? WHERE owner_id = ? AND since = ?';
      const [{ since }] = await app.sql<{ since: string }>(
        'SELECT since FROM wrapped_key WHERE owner_id = ? ORDER BY since DESC LIMIT 1',
        [id],
      );
      if (since > ahead && since !== FIRST_KEY) await app.sql(sql, [newId(), id, since]);
    }
    app.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds });
  },
};

/** What becomes of segments in a history. */
export const SEGMENT_STEPS: Step[] = [index, damage, renew];
