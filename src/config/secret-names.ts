/** Settings that are secrets. Each but `MASTER_KEYS` may lie in a file, the path of which is `NAME_FILE`. */
export const SECRETS = [
  'JWT_SECRET',
  'EXCHANGE_SECRET',
  'METRICS_TOKEN',
  'DATABASE_URL',
  'REDIS_URL',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
] as const;

/** What leads to a secret; `MASTER_KEYS` has sources of its own. */
const NAMES = new Set(
  [...SECRETS, 'MASTER_KEYS', 'MASTER_KEYS_COMMAND'].flatMap((name) => [name, `${name}_FILE`]),
);

/** Whether a variable of the environment is a secret of ours, or says where one lies. */
export function isSecret(name: string): boolean {
  return NAMES.has(name);
}
