import { Command, CommanderError } from 'commander';
import { VERSION } from '../config/version.js';
import { backup, restore } from './commands/backup.js';
import { doctor } from './commands/doctor.js';
import { history } from './commands/history.js';
import { keys } from './commands/keys.js';
import { rooms } from './commands/rooms.js';
import { users } from './commands/users.js';
import { EXIT } from './exit-codes.js';

const NOTES = `
Run it as the owner of DATA_DIR. Where the server runs it does the work, and DATA_DIR is all that has to
be set; else set what the server has.
Exit codes: 0 done, 1 refused, failed or a danger found, 2 wrong usage, 3 the rotation is unfinished,
4 a master key is missing.`;

/** Runs one call of the command; what it ends with is `process.exitCode`. */
export async function runCommand(args: string[]): Promise<void> {
  const program = new Command('conclave')
    .description('What an operator does with a Conclave server')
    .version(VERSION)
    .addCommand(users())
    .addCommand(rooms())
    .addCommand(keys())
    .addCommand(history())
    .addCommand(backup())
    .addCommand(restore())
    .addCommand(doctor())
    .addHelpText('after', NOTES);
  for (const command of [program, ...program.commands.flatMap(withOwn)]) {
    command.exitOverride().helpCommand(false).showHelpAfterError('(--help tells more)');
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function withOwn(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withOwn)];
}
