import type { Settings } from './settings.js';

const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Origins that browsers may call from: outside of production every local one, unless some are set. */
export function allowedOrigins({ corsOrigins, isProduction }: Settings): (string | RegExp)[] {
  return corsOrigins.length > 0 || isProduction ? corsOrigins : [LOCAL_ORIGIN];
}

export function isAllowedOrigin(settings: Settings, origin: string): boolean {
  return allowedOrigins(settings).some((allowed) =>
    typeof allowed === 'string' ? allowed === origin : allowed.test(origin),
  );
}
