import type { Range } from '../crypto/streaming-aead.js';
import { UNKNOWN_TYPE } from './file-facts.js';
import { SHOWN_TYPES } from './file-types.js';

/** What a browser makes of a file that somebody else has sent is nothing that can do harm. */
const SAFETY = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export interface SentFile {
  name: string;
  type: string;
  size: number;
  etag: string;
  /** Until when the URL is good, where a ticket let it in. */
  expiresAt?: Date;
}

/** Those that say what it is, whatever is sent of it. */
export function fileHeaders({ name, type, etag, expiresAt }: SentFile): Record<string, string> {
  const isShown = SHOWN_TYPES.some((shown) => shown === type);
  const leftSeconds = expiresAt && Math.floor((expiresAt.getTime() - Date.now()) / 1000);
  return {
    ...SAFETY,
    'accept-ranges': 'bytes',
    'cache-control': leftSeconds === undefined ? 'no-cache' : `private, max-age=${leftSeconds}`,
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded(name)}`,
    'content-type': isShown ? type : UNKNOWN_TYPE,
    etag,
  };
}

/** @param range undefined: the whole */
export function lengthHeaders(range: Range | undefined, size: number): Record<string, string> {
  if (!range) return { 'content-length': String(size) };
  const { start, end } = range;
  return {
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  };
}

/** RFC 8187. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
