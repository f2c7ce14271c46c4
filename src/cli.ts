#!/usr/bin/env node
import './cli/inherited-umask.js'; // first of all
import { runCommand } from './cli/program.js';

runCommand(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
