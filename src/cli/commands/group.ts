import { Command } from 'commander';
import { Session } from '../session.js';

type Work<O extends object> = (session: Session, args: string[], options: O) => Promise<void>;

/** A group of commands, such as `users`. */
export function group(name: string, description: string): Command {
  return new Command(name).description(description);
}

/** One command, which takes `--json` as all of them do. */
export function leaf<O extends object>(usage: string, description: string, work: Work<O>): Command {
  const [name, ...values] = usage.split(' ');
  const command = new Command(name).description(description).option('--json', 'print JSON');
  for (const value of values) command.argument(value);
  return command.action(Session.action<O>(work));
}

/** The same for a list, which comes in pages. */
export function listing(
  description: string,
  work: Work<{ limit?: string; after?: string }>,
): Command {
  return leaf('list', description, work)
    .option('--limit <count>', 'at most so many, 1 to 500', '100')
    .option('--after <id>', 'those after this one');
}

/** What is said below a page that more follow. */
export function more(page: { data: { id: string }[]; has_more: boolean }): string {
  return page.has_more ? `\nMore: --after ${page.data.at(-1)!.id}` : '';
}
