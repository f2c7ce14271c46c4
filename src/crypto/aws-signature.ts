/**
 * AWS Signature Version 4 in the header `Authorization`, as S3 and what speaks like it want it:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** In the place of a body's hash: the body is not signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

export interface AwsCredentials {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** What is to be signed. */
export interface UnsignedRequest {
  method: string;
  /** Its path and query as they are sent, percent-encoded as AWS wants it: all but `A-Za-z0-9-._~/`. */
  url: URL;
  /** Those that are signed besides `host` and the two that are added. */
  headers: Record<string, string>;
  /** SHA-256 of the body in hex, or `UNSIGNED_PAYLOAD`. */
  payloadHash: string;
}

/** The headers with the signature, by their names in lower case. */
export function signRequest(
  { method, url, headers, payloadHash }: UnsignedRequest,
  { region, accessKeyId, secretAccessKey }: AwsCredentials,
  now = new Date(),
): Record<string, string> {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': time,
  };
  const names = Object.keys(all).sort();
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1).split('&').sort().join('&'),
    ...names.map((name) => `${name}:${all[name]}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const scope = [day, region, 's3', 'aws4_request'];
  const text = [ALGORITHM, time, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString('hex');
  const credential = `Credential=${accessKeyId}/${scope.join('/')}`;
  all.authorization = `${ALGORITHM} ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return all;
}

/** Of a body. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
