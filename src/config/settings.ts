import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type AttachmentSettings, readAttachments } from './attachment-settings.js';
import { EnvReader, SettingsError } from './env-reader.js';
import { findMasterKeySource, type MasterKeySource, readMasterKeys } from './master-key-source.js';
import { SECRETS } from './secret-names.js';
import { secretFaults, signingSecretFault } from './secret-faults.js';
import { readDatabaseUrl, readRedisUrl } from './service-urls.js';

/** International names as `Host` has them, which begin with xn--. */
const HOST_NAME = /^(?!-)[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*$/;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting, read once from the environment. The README's table says what each is for. */
export class Settings {
  readonly nodeEnv: 'development' | 'production' | 'test';
  readonly host: string;
  readonly port: number;
  /** Absolute path of the folder that holds the embedded database and development secrets. */
  readonly dataDir: string;
  /** `postgres://…`; unset means SQLite in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** `redis://…`; unset means that this process is the only one. */
  readonly redisUrl: string | undefined;
  /** Fernet keys; the first seals, every one opens. Empty: made and kept in `dataDir`. */
  readonly masterKeys: string[];
  /** Where they were read, and can be read again; a setting is not kept. */
  readonly masterKeySource: MasterKeySource | undefined;
  /** The first signs, every one verifies. Empty: made and kept in `dataDir`. */
  readonly jwtSecrets: string[];
  /** Each verifies tokens of the team's own backend. Empty: none can be exchanged for a session. */
  readonly exchangeSecrets: string[];
  /** Origins that browsers may call from. */
  readonly corsOrigins: string[];
  /** Names that the server goes by, in lower case, besides its addresses and localhost. */
  readonly allowedHosts: string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Proxies in front whose `X-Forwarded-For` counts: a number of hops, or addresses. */
  readonly trustProxy: number | string[];
  /** How much memory opened message bodies may take; 0 keeps none. */
  readonly bodyCacheBytes: number;
  /** How much memory opened segments of search may take; 0 keeps none. */
  readonly searchCacheBytes: number;
  readonly pbkdf2Iterations: number;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  /** How long an old pair of tokens lives once the new one is in use. */
  readonly refreshLeewaySeconds: number;
  readonly isRateLimited: boolean;
  /** Whether passwords are refused that are easy to guess. */
  readonly isPasswordBlocklistOn: boolean;
  /** What `/metrics` asks for in production; unset: it answers nobody there. */
  readonly metricsToken: string | undefined;
  /** Whether everybody may make an account. */
  readonly isSignUpOpen: boolean;
  /** Whether sign-up, log-in and password change are there at all. */
  readonly isPasswordLogInOn: boolean;
  /** Whether Swagger UI and the API's documents are served. */
  readonly areDocsServed: boolean;
  /** Whether the chat page is served, where it is built. */
  readonly isPageOn: boolean;
  /** Where backups lie; the command `conclave` writes them there, and looks how old the last one is. */
  readonly backupDir: string | undefined;
  /** Null where no files can be sent. */
  readonly attachments: AttachmentSettings | null;

  /** @throws SettingsError naming every fault */
  constructor(env: NodeJS.ProcessEnv) {
    const read = new EnvReader(env, SECRETS);
    this.nodeEnv = read.oneOf('NODE_ENV', ['development', 'production', 'test'], 'development');
    this.host = read.text('HOST', this.isProduction ? '0.0.0.0' : '127.0.0.1');
    this.port = read.integer('PORT', { min: 0, max: 65_535 }, 3000);
    this.dataDir = resolve(read.text('DATA_DIR', './data'));
    this.databaseUrl = readDatabaseUrl(read);
    this.redisUrl = readRedisUrl(read);
    const source = findMasterKeySource(read);
    this.masterKeys = readKeys(read, source, this.isProduction);
    this.masterKeySource = source?.kind === 'setting' ? { ...source, text: '' } : source;
    this.jwtSecrets = readSecrets(read, 'JWT_SECRET', this.isProduction);
    this.exchangeSecrets = readSecrets(read, 'EXCHANGE_SECRET', false);
    this.corsOrigins = readOrigins(read);
    this.allowedHosts = readHosts(read);
    this.logLevel = read.oneOf('LOG_LEVEL', LOG_LEVELS, this.isProduction ? 'info' : 'warn');
    this.trustProxy = readTrustProxy(read);
    this.bodyCacheBytes = read.integer('BODY_CACHE_BYTES', { min: 0, max: 2 ** 40 }, 64 * 2 ** 20);
    this.searchCacheBytes = read.integer(
      'SEARCH_CACHE_BYTES',
      { min: 0, max: 2 ** 40 },
      32 * 2 ** 20,
    );
    this.pbkdf2Iterations = read.integer(
      'PBKDF2_ITERATIONS',
      { min: this.nodeEnv === 'test' ? 1 : 600_000, max: 10_000_000 },
      600_000,
    );
    this.accessTokenTtlSeconds = read.seconds('ACCESS_TOKEN_TTL', { min: 10, max: 86_400 }, '15m');
    this.refreshTokenTtlSeconds = read.seconds(
      'REFRESH_TOKEN_TTL',
      { min: 60, max: 31_536_000 },
      '30d',
    );
    this.refreshLeewaySeconds = read.seconds('REFRESH_LEEWAY', { min: 0, max: 3600 }, '30s');
    this.isRateLimited = readSwitch(read, 'RATE_LIMIT', this.isProduction);
    this.isPasswordBlocklistOn = readSwitch(read, 'PASSWORD_BLOCKLIST', this.isProduction);
    this.metricsToken = readMetricsToken(read);
    this.isSignUpOpen = read.oneOf('SIGN_UP', ['open', 'closed'], 'open') === 'open';
    this.isPasswordLogInOn = readSwitch(read, 'PASSWORD_LOG_IN', true);
    this.areDocsServed = readSwitch(read, 'DOCS', true);
    this.isPageOn = readSwitch(read, 'EXAMPLE_APP', this.nodeEnv === 'development');
    this.backupDir = read.text('BACKUP_DIR');
    this.attachments = readAttachments(read, this);
    faultLogIns(read, this);
    read.throwFaults();
  }

  /** Hands the master keys over, whose texts are gone from here then. */
  takeMasterKeys(): string[] {
    return this.masterKeys.splice(0);
  }

  get isProduction(): boolean {
    return this.nodeEnv === 'production';
  }
}

function faultLogIns(
  read: EnvReader,
  { exchangeSecrets, isPasswordLogInOn, jwtSecrets }: Settings,
): void {
  if (exchangeSecrets.some((secret) => jwtSecrets.includes(secret))) {
    read.fault('EXCHANGE_SECRET shares a value with JWT_SECRET, which nobody else may know', '');
  }
  if (!isPasswordLogInOn && exchangeSecrets.length === 0) {
    read.fault('PASSWORD_LOG_IN is off and EXCHANGE_SECRET is not set: nobody could log in', '');
  }
}

function readMetricsToken(read: EnvReader): string | undefined {
  const token = read.text('METRICS_TOKEN');
  if (token === undefined || /^[\x21-\x7e]{16,}$/.test(token)) return token;
  return read.fault('METRICS_TOKEN must be at least 16 printable ASCII characters', undefined);
}

function readSwitch(read: EnvReader, name: string, fallback: boolean): boolean {
  return read.oneOf(name, ['on', 'off'], fallback ? 'on' : 'off') === 'on';
}

function readSecrets(read: EnvReader, name: string, isRequired: boolean): string[] {
  const secrets = read.list(name);
  if (secrets.length === 0 && isRequired) return faultMissing(read, name);
  for (const fault of secretFaults(name, secrets, signingSecretFault)) read.fault(fault, '');
  return secrets;
}

function readKeys(
  read: EnvReader,
  source: MasterKeySource | undefined,
  isRequired: boolean,
): string[] {
  try {
    const keys = source ? readMasterKeys(source) : [];
    return keys.length === 0 && isRequired ? faultMissing(read, 'MASTER_KEYS') : keys;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const fault of error.faults) read.fault(fault, '');
    return [];
  }
}

function faultMissing(read: EnvReader, name: string): string[] {
  const how = '`npm run keys` makes one in .env, which `node --env-file=.env dist/main.js` reads';
  return read.fault(`${name} must be set in production; ${how}`, []);
}

function readOrigins(read: EnvReader): string[] {
  const origins = read.list('CORS_ORIGINS');
  origins.forEach((text, index) => {
    if (URL.canParse(text) && new URL(text).origin === text && !text.includes('*')) return;
    const place = `CORS_ORIGINS, value ${index + 1} of ${origins.length},`;
    const rule = 'in lower case, without a path, a slash at the end, the usual port or a *';
    read.fault(`${place} must be an origin such as https://chat.example.org: ${rule}`, '');
  });
  return origins;
}

function readHosts(read: EnvReader): string[] {
  const hosts = read.list('ALLOWED_HOSTS').map((host) => host.toLowerCase());
  hosts.forEach((host, index) => {
    if (HOST_NAME.test(host)) return;
    const place = `ALLOWED_HOSTS, value ${index + 1} of ${hosts.length},`;
    read.fault(`${place} must be a name such as chat.example.org: no scheme, port or *`, '');
  });
  return hosts;
}

function readTrustProxy(read: EnvReader): number | string[] {
  const text = read.text('TRUST_PROXY', '0');
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const addresses = read.list('TRUST_PROXY');
  if (addresses.every(isProxy)) return addresses;
  return read.fault(
    'TRUST_PROXY must be a number of proxies, or their addresses, such as 10.0.0.1 or 10.0.0.0/8',
    0,
  );
}

/** An address, a network, or one of the names that Fastify knows. */
function isProxy(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address, prefix = '1', ...rest] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  const isPrefix = /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits;
  return isIP(address) !== 0 && isPrefix && rest.length === 0;
}
