import type { KeyObject } from 'node:crypto';

/** Master keys as the setting has them. */
export function masterKeyTexts({ masterKeys }: { masterKeys: readonly KeyObject[] }): string[] {
  return masterKeys.map((key) => `${key.export().toString('base64url')}=`);
}
