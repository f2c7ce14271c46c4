import { randomBytes, randomUUID } from 'node:crypto';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import type { TestApp } from './test-app.js';

/** Keys of nobody. @returns whose they would be */
export async function givenKeys(app: TestApp, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const master = app.nest.get(MasterKeys);
  const rows = ids.map((id) => {
    const { keyId, token } = master.wrap(id, randomBytes(32));
    return `('${id}', 'chat', '${FIRST_KEY}', '${keyId}', '${token}')`;
  });
  await app.sql(
    `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES ${rows.join()}`,
  );
  return ids;
}
