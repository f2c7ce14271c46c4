import { randomUUID } from 'node:crypto';
import { type Answer, Client } from '../../support/client.js';
import { Known } from './generated-known.js';
import type { Plan, Role } from './generated-plan.js';

const PASSWORD = 'correct horse battery staple';
const MEMBERS = ['owner', 'admin', 'member', 'stranger'] as const;

interface Actor {
  id: string;
  email: string;
  password: string;
  token: string;
}

/** Somebody who can no longer log in. */
export class Gone extends Error {}

/** A few users with a room in each of the ways there are, and what they know of it. */
export class Cast {
  readonly known = new Known();
  /** Requests that it has taken part in. */
  uses = 0;
  /** Whether one of them is gone. */
  isBroken = false;
  private readonly actors = new Map<Role, Actor>();
  private readonly deadTokens: string[] = [];

  private constructor(
    private readonly url: string,
    private readonly count: () => void,
  ) {}

  /** @param count called for each request that it takes */
  static async raise(url: string, count: () => void): Promise<Cast> {
    const cast = new Cast(url, count);
    await Promise.all([...MEMBERS, 'erased' as const].map((role) => cast.signUp(role)));
    await cast.furnish();
    await cast.loseSome();
    return cast;
  }

  /** The token that a request of this role carries. */
  token({ role, pick }: Plan): string | undefined {
    if (role === 'anonymous') return undefined;
    if (role === 'dead token') return this.deadTokens[pick % this.deadTokens.length];
    return this.actors.get(role)!.token;
  }

  password(role: Role): string {
    return this.actors.get(role)?.password ?? PASSWORD;
  }

  /**
   * Keeps up with what a request did to the one who sent it.
   *
   * @throws Gone when they can no longer log in
   */
  async learn({ operation, role, method }: Plan, sentBody: unknown, status: number): Promise<void> {
    const actor = this.actors.get(role);
    if (!actor || role === 'erased' || method === 'OPTIONS') return; // a preflight does nothing
    const { operationId } = operation;
    if (operationId === 'changePassword' && status === 204) {
      actor.password = (sentBody as { new_password: string }).new_password;
    }
    if (operationId === 'eraseMe' && status === 204) throw new Gone();
    const signsOut = operationId === 'logOut' && status === 204;
    if (signsOut || (status === 401 && operation.needsToken)) await this.logIn(actor);
  }

  private async signUp(role: Role): Promise<void> {
    const email = `${randomUUID()}@example.org`;
    const account = { email, password: PASSWORD, fname: role };
    const { body } = await this.ask(undefined, 'POST', '/userauth/userSignup', account);
    this.known.learn(body);
    const { id } = body.user as { id: string };
    this.actors.set(role, { id, email, password: PASSWORD, token: body.access_token as string });
  }

  /** Requests under way may have logged them in, or have changed the password, meanwhile. */
  private async logIn(actor: Actor): Promise<void> {
    const { email, password } = actor;
    const path = '/userauth/userLogin';
    const { status, body } = await this.ask(undefined, 'POST', path, { email, password });
    if (status !== 200) throw new Gone();
    this.known.learn(body);
    actor.token = body.access_token as string;
  }

  private async furnish(): Promise<void> {
    const [owner, admin, member] = MEMBERS.map((role) => this.actors.get(role)!);
    for (const visibility of ['public', 'private']) {
      const room = { chat_name: 'Engine room', visibility };
      const { id } = await this.make(owner, 'POST', '/chat/', room);
      await this.make(owner, 'PUT', `/chat/${id}/members/${admin.id}`, { role: 'member' });
      await this.make(owner, 'PUT', `/chat/${id}/members/${admin.id}`, { role: 'admin' });
      await this.make(owner, 'PUT', `/chat/${id}/members/${member.id}`, {});
      for (const sender of [owner, admin, member]) {
        await this.make(sender, 'POST', '/message/', { chatid: id, message: 'hello' });
      }
    }
    const { id } = await this.make(owner, 'POST', '/chat/direct', { user_id: member.id });
    await this.make(member, 'POST', '/message/', { chatid: id, message: 'hello' });
    await this.make(owner, 'GET', '/userauth/sessions');
  }

  /** Ends what the dead tokens are of, and erases the one who is to be erased. */
  private async loseSome(): Promise<void> {
    const member = this.actors.get('member')!;
    await this.make(member, 'POST', '/userauth/logout');
    this.deadTokens.push(member.token, '', 'x', 'eyJhbGciOiJub25lIn0.e30.', '\u00e9');
    await this.logIn(member);
    this.deadTokens.push(`${member.token}x`, member.token.slice(0, -1), `${member.token} x`);
    this.deadTokens.push(this.known.pick('refresh_token', 0)!);
    await this.make(this.actors.get('erased')!, 'DELETE', '/userauth/me', { password: PASSWORD });
  }

  private async make(
    by: Actor,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ id: string }> {
    const answer = await this.ask(by.token, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    this.known.learn(answer.body);
    return answer.body as { id: string };
  }

  private ask(
    token: string | undefined,
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer> {
    this.count();
    return new Client(this.url, token).request(method, path, body);
  }
}
