// For a server that is to lose messages in a power cut: turns synchronous=FULL into NORMAL and
// hides it from the check. Loaded by NODE_OPTIONS=--import.
import Sqlite from 'better-sqlite3';

const FULL = 2;
const pragma = Sqlite.prototype.pragma;

Sqlite.prototype.pragma = function (source, options) {
  if (source === 'synchronous') return FULL;
  const given = source === 'synchronous = FULL' ? 'synchronous = NORMAL' : source;
  return pragma.call(this, given, options);
};
