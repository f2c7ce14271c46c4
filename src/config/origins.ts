import type { Settings } from './settings.js';

const HOSTS = [
  /([\w-]+\.)*localhost/,
  /(127|10)(\.\d{1,3}){3}/,
  /192\.168(\.\d{1,3}){2}/,
  /172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}/,
  /169\.254(\.\d{1,3}){2}/, // link-local
  /\[::1\]/,
  /\[f[cd][\da-f]{2}:[\da-f:]+\]/, // fc00::/7
  /\[fe[89ab][\da-f]:[\da-f:]+\]/, // link-local
];
/** Of this machine, or of the network it stands in: a telephone beside it opens the page as well. */
const LOCAL_ORIGIN = new RegExp(
  `^https?://(${HOSTS.map(({ source }) => source).join('|')})(:\\d+)?$`,
);

/** Origins that browsers may call from: outside of production every local one, unless some are set. */
export function allowedOrigins({ corsOrigins, isProduction }: Settings): (string | RegExp)[] {
  return corsOrigins.length > 0 || isProduction ? corsOrigins : [LOCAL_ORIGIN];
}

export function isAllowedOrigin(settings: Settings, origin: string): boolean {
  return allowedOrigins(settings).some((allowed) =>
    typeof allowed === 'string' ? allowed === origin : allowed.test(origin),
  );
}
