// Makes the secrets that a new server needs.
//
//   npm run keys                         writes them to .env in the current folder
//   node scripts/make-keys.mjs --print   prints them to stdout instead
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

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
} else {
  console.error('Usage: node scripts/make-keys.mjs [--print]');
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
      'and whoever holds both it and the data can read them all.',
  );
}
