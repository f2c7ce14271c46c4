#!/usr/bin/env node
import { runCommand } from './cli/program.js';

process.umask(0o077); // what it writes is nobody else's to read

runCommand(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
