import type { Settings } from './settings.js';

/** Names that `Host` may hold, in lower case; in production any, unless some are set. */
export function allowedHosts({
  allowedHosts,
  host,
  isProduction,
}: Settings): ReadonlySet<string> | 'any' {
  if (isProduction && allowedHosts.length === 0) return 'any';
  return new Set([host.toLowerCase(), ...allowedHosts]);
}
