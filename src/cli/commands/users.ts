import type { Command } from 'commander';
import type { Page } from '../../common/page.js';
import { readLine, readPassword } from '../ask.js';
import type { ListedUser, ShownUser } from '../operations/user-lists.js';
import type { Concerned } from '../operations/user-operations.js';
import { fields, table } from '../table.js';
import { group, leaf, listing, more } from './group.js';

const PASSWORD = 'the password is asked for, or read from standard input';

export function users(): Command {
  return group('users', 'accounts; <user> is an e-mail, an id, or subject:<who they are to you>')
    .addCommand(add())
    .addCommand(list())
    .addCommand(show())
    .addCommand(setPassword())
    .addCommand(endSessions())
    .addCommand(erase());
}

function add(): Command {
  return leaf('add <email>', `make an account; ${PASSWORD}`, async (session, [email]) => {
    const password = await readPassword();
    const user = await session.ask<Concerned>('users.add', { email, password });
    session.print(user, `Added ${user.email}, with the id ${user.id}.`);
  });
}

function list(): Command {
  return listing('all accounts, the oldest first', async (session, _, { limit, after }) => {
    const page = await session.ask<Page<ListedUser>>('users.list', { limit, after });
    const rows = page.data.map((user) => [user.id, user.email, user.created_at]);
    session.print(page, table(['id', 'e-mail', 'since'], rows) + more(page));
  });
}

function show(): Command {
  return leaf('show <user>', 'an account, its sessions and rooms', async (session, [user]) => {
    const shown = await session.ask<ShownUser>('users.show', { user });
    session.print(shown, fields(shown));
  });
}

function setPassword(): Command {
  const description = `another password, and the end of all sessions; ${PASSWORD}`;
  return leaf('set-password <user>', description, async (session, [user]) => {
    const password = await readPassword();
    const changed = await session.ask<Concerned>('users.set-password', { user, password });
    session.print(changed, `${nameOf(changed)} has another password. ${ended(changed)}`);
  });
}

function endSessions(): Command {
  const description = 'log out everywhere, at once';
  return leaf('end-sessions <user>', description, async (session, [user]) => {
    const concerned = await session.ask<Concerned>('users.end-sessions', { user });
    session.print(concerned, `${nameOf(concerned)}: ${ended(concerned)}`);
  });
}

function erase(): Command {
  const description = 'erase for good; asks for the e-mail again, or reads it from standard input';
  return leaf('erase <user>', description, async (session, [user]) => {
    const { email } = await session.ask<ShownUser>('users.show', { user });
    const what = email === null ? 'id' : 'e-mail';
    const confirmation = await readLine(
      `Their messages end with them, everywhere and for good. The ${what} of the account, to be sure: `,
    );
    const erased = await session.ask<Concerned>('users.erase', { user, confirmation });
    session.print(erased, `Erased ${nameOf(erased)}.`);
  });
}

function nameOf({ id, email }: Concerned): string {
  return email ?? id;
}

function ended({ sessions_ended: count = 0 }: Concerned): string {
  return count === 1 ? '1 session ended.' : `${count} sessions ended.`;
}
