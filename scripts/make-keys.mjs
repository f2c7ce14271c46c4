// Makes the secrets that a new server needs.
//
//   npm run keys                         writes them to .env in the current folder
//   npm run keys -- --files              writes them to files in ./secrets, for docker-compose.secrets.yml
//   node scripts/make-keys.mjs --print   prints them to stdout instead
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';

/** A Fernet key: 32 random bytes as base64url with its padding, which Node's own base64url omits. */
const fernetKey = () =>
  randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

const secret = (bytes) => randomBytes(bytes).toString('base64url');

const values = {
  MASTER_KEYS: fernetKey(),
  JWT_SECRET: secret(48),
  POSTGRES_PASSWORD: secret(24),
};
const names = Object.keys(values);
const lines = names.map((name) => `${name}=${values[name]}\n`).join('');

const refusal = `.env exists already, and was left as it is.
Whoever loses the MASTER_KEYS in it loses every message sealed under them. If you are sure that
no data depends on this file, move it away and run this again. To add a key to it by hand, take
one from: node scripts/make-keys.mjs --print`;

const args = process.argv.slice(2);
if (args.length === 0) {
  writeEnv();
} else if (args.length === 1 && args[0] === '--print') {
  process.stdout.write(lines);
} else if (args.length === 1 && args[0] === '--files') {
  writeFiles();
} else {
  console.error('Usage: node scripts/make-keys.mjs [--print | --files]');
  process.exitCode = 2;
}

function writeEnv() {
  try {
    // "wx" fails on a file that exists, even one made a moment ago: no key is ever overwritten.
    writeFileSync('.env', lines, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    console.error(error.code === 'EEXIST' ? refusal : `Could not write .env: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  console.log(`Wrote .env (readable by you alone) with fresh ${names.join(', ')}.`);
  console.log(
    'Back it up now, apart from the data: without MASTER_KEYS no stored message can be read,\n' +
      'and whoever holds both it and the data can read them all.\n' +
      'Docker Compose reads the file by itself; without it: node --env-file=.env dist/main.js',
  );
}

/**
 * One file each. Compose shows a container the file with the mode that it has here, so all may read it; the folder
 * keeps them out.
 */
function writeFiles() {
  const password = values.POSTGRES_PASSWORD;
  const files = {
    master_keys: values.MASTER_KEYS,
    jwt_secret: values.JWT_SECRET,
    postgres_password: password,
    database_url: `postgres://conclave:${password}@postgres:5432/conclave`,
  };
  try {
    mkdirSync('secrets', { mode: 0o700 }); // fails on a folder that exists: no key is ever overwritten
    for (const [name, value] of Object.entries(files)) {
      writeFileSync(`secrets/${name}`, `${value}\n`, { flag: 'wx', mode: 0o644 });
    }
  } catch (error) {
    const exists = 'The folder secrets exists already, and was left as it is.';
    console.error(error.code === 'EEXIST' ? exists : `Could not write secrets: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  console.log(`Wrote ${Object.keys(files).join(', ')} to secrets (a folder for you alone).`);
  console.log(
    'Back up master_keys now, apart from the data: without it no stored message can be read.',
  );
}
