import { Injectable } from '@nestjs/common';
import { NewPasswordDto, SignUpDto } from '../../auth/auth.dto.js';
import type { Caller } from '../../auth/caller.js';
import { NewAccounts } from '../../auth/new-accounts.js';
import { PasswordChangeService } from '../../auth/password-change.service.js';
import { SessionService } from '../../auth/session.service.js';
import { ErasureService } from '../../erasure/erasure.service.js';
import { InputPipe } from '../../http/validation.pipe.js';
import type { User } from '../../user/user.entity.js';
import { Accounts } from './accounts.js';
import { audit } from './audit.js';
import { type Given, refuse, type Table, textOf } from './given.js';

/** Whom something was done to. */
export interface Concerned {
  id: string;
  email: string | null;
  /** Sessions that ended. */
  sessions_ended?: number;
}

/** What an operator does to accounts, by the rules and services that serve everybody. */
@Injectable()
export class UserOperations {
  readonly table: Table = {
    'users.add': (given) => this.add(given),
    'users.set-password': (given) => this.setPassword(given),
    'users.end-sessions': (given) => this.endSessions(given),
    'users.erase': (given) => this.erase(given),
  };

  constructor(
    private readonly accounts: Accounts,
    private readonly newAccounts: NewAccounts,
    private readonly passwords: PasswordChangeService,
    private readonly sessions: SessionService,
    private readonly erasures: ErasureService,
  ) {}

  private async add({ email, password }: Given): Promise<Concerned> {
    const dto = await sound(SignUpDto, { email, password });
    const user = await this.newAccounts.make(dto, operator(), (_tx, user) => user);
    audit('user.added', { user_id: user.id });
    return concerned(user);
  }

  private async setPassword({ password, ...given }: Given): Promise<Concerned> {
    const dto = await sound(NewPasswordDto, { password });
    const user = await this.accounts.require(given);
    if (user.email === null) refuse('user', 'has no e-mail, and so cannot log in with a password');
    const ended = await this.passwords.reset(user, dto.password, operator());
    audit('user.password_changed', { user_id: user.id });
    return { ...concerned(user), sessions_ended: ended };
  }

  private async endSessions(given: Given): Promise<Concerned> {
    const user = await this.accounts.require(given);
    const ended = await this.sessions.endAll(user.id);
    audit('session.all_revoked', { user_id: user.id });
    return { ...concerned(user), sessions_ended: ended };
  }

  /** For good: whoever asks says a second time of whom. */
  private async erase(given: Given): Promise<Concerned> {
    const user = await this.accounts.require(given);
    const name = user.email ?? user.id;
    if (textOf(given, 'confirmation').toLowerCase() !== name.toLowerCase()) {
      refuse('confirmation', `is not the ${user.email ? 'e-mail' : 'id'} of this account`);
    }
    await this.erasures.eraseAnyway(user);
    audit('user.erased', { user_id: user.id });
    return concerned(user);
  }
}

/** @throws InvalidInputError as for the body of a request */
async function sound<T extends object>(metatype: new () => T, value: object): Promise<T> {
  return (await new InputPipe().transform(value, { type: 'body', metatype })) as T;
}

/** Who asks, to what bounds the work that others ask for. */
function operator(): Caller {
  return {
    device: { ip: '', userAgent: null },
    since: performance.now(),
    gone: new AbortController().signal,
  };
}

function concerned({ id, email }: User): Concerned {
  return { id, email };
}
