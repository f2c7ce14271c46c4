import type { Command } from 'commander';
import { group, leaf } from './group.js';

export function history(): Command {
  const description = 'a new line, after what brought an older state back: clients begin anew';
  return group('history', "the database's line of history").addCommand(
    leaf('renew', description, async (session) => {
      const renewed = await session.ask<{ history: string }>('history.renew', {});
      session.print(renewed, `The line of history is ${renewed.history} from now on.`);
    }),
  );
}
