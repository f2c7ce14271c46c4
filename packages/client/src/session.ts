import type createFetchClient from 'openapi-fetch';
import { newId } from './ids.js';
import { Problem } from './problem.js';
import { Variable } from './readable.js';
import type { paths } from './schema.js';
import type { ClientStorage } from './storage.js';
import { alone, OtherTabs } from './tabs.js';
import type { Timers } from './timers.js';
import { answerOf, type Tokens } from './transport.js';
import type { SignUp, User } from './types.js';

/** An access token is replaced when a fifth of its life is left, or a minute. */
const EARLY_MS = 60_000;
const KEY = 'session';
/** Stands where the session was that the server has ended: other tabs learn that nobody has logged out. */
const ENDED = 'ended';

export type PublicApi = ReturnType<typeof createFetchClient<paths>>;
/** Why nobody is signed in any more: here, in another tab, or from elsewhere. */
export type SignedOutReason = 'logged-out' | 'ended';

interface Stored {
  userId: string;
  /** Of our own making: stays while the tokens are renewed. */
  session: string;
  access: string;
  refresh: string;
  /** When the access token is to be replaced. */
  renewAt: number;
}

interface Pair {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

interface Parts {
  url: string;
  api: PublicApi;
  storage: ClientStorage;
  timers: Timers;
  /** Whoever has just signed in. */
  onUser: (user: User) => void;
}

/** Who is signed in, and the tokens that say so to the server. */
export class Session implements Tokens {
  /** The id of whoever is signed in. */
  readonly userId = new Variable<string | null>(null);
  onSignedOut: (reason: SignedOutReason) => void = () => undefined;
  /** Asks the team's own backend who the user is: a token for `POST /userauth/exchange`. */
  askBackend: (() => Promise<string>) | null = null;

  private stored: Stored | null = null;
  /** Why there is none, by what was read last. */
  private goneReason!: SignedOutReason;
  private renewing: Promise<Stored> | null = null;
  private readonly tabs: OtherTabs;
  private readonly lock: string;

  constructor(private readonly parts: Parts) {
    this.lock = `conclave/session/${parts.url}`;
    this.tabs = new OtherTabs(
      this.lock,
      parts.storage.isShared ?? false,
      () => void this.restore(),
    );
  }

  get session(): string | null {
    return this.stored?.session ?? null;
  }

  /** Takes up what is stored: at start, and after another tab has changed it. */
  async restore(): Promise<void> {
    this.take(await this.read());
  }

  async signUp(body: SignUp): Promise<User> {
    return this.enter(await answerOf(this.parts.api.POST('/userauth/userSignup', { body })));
  }

  async logIn(email: string, password: string): Promise<User> {
    const body = { email, password };
    return this.enter(await answerOf(this.parts.api.POST('/userauth/userLogin', { body })));
  }

  /** Ends the session at the server too, where that can be reached. */
  async logOut(): Promise<void> {
    const { stored } = this;
    await this.end('logged-out');
    if (stored) await this.endAtServer(stored).catch(() => undefined);
  }

  /** @throws Problem where nobody is signed in, or no answer comes */
  async accessToken(): Promise<string> {
    const { stored } = this;
    if (stored && this.isFresh(stored)) return stored.access;
    return (await this.renew(stored)).access;
  }

  async replace(token: string): Promise<string> {
    const { stored } = this;
    if (stored && stored.access !== token) return stored.access;
    return (await this.renew(stored)).access;
  }

  /** The session has ended, for whatever reason. */
  async end(reason: SignedOutReason): Promise<void> {
    if (reason === 'logged-out') this.askBackend = null; // or the next request would sign in again
    this.forget(reason);
    if (reason === ENDED) await this.parts.storage.set(KEY, ENDED);
    else await this.parts.storage.delete(KEY);
    this.tabs.tell();
  }

  close(): void {
    this.tabs.close();
  }

  private isFresh({ renewAt }: Stored): boolean {
    return this.parts.timers.now() < renewAt;
  }

  /** By a token that counts: there is none where this page has slept. */
  private async endAtServer(stored: Stored): Promise<void> {
    const access = this.isFresh(stored)
      ? stored.access
      : (await this.askForPair(stored)).access_token;
    const headers = { authorization: `Bearer ${access}` };
    await this.parts.api.POST('/userauth/logout', { headers });
  }

  private askForPair({ refresh }: Stored): Promise<Pair> {
    const body = { refresh_token: refresh };
    return answerOf(this.parts.api.POST('/userauth/refresh', { body }));
  }

  private renew(known: Stored | null): Promise<Stored> {
    return (this.renewing ??= alone(this.lock, () => this.next(known)).finally(
      () => (this.renewing = null),
    ));
  }

  /** Another tab may have been faster, or have logged out, or in as somebody else. */
  private async next(known: Stored | null): Promise<Stored> {
    const stored = await this.read();
    const isOthers = known && stored?.userId !== known.userId;
    if (isOthers && (stored || !this.askBackend)) {
      this.take(stored);
      throw Problem.signedOut();
    }
    if (stored && known && stored.access !== known.access) {
      this.take(stored);
      return stored;
    }
    return (stored && known && (await this.refresh(stored))) ?? this.exchange();
  }

  /**
   * Another tab may renew the same token all the same: what it stores reaches this one a moment after
   * its lock does.
   *
   * @returns null where the session has ended
   */
  private async refresh(known: Stored): Promise<Stored | null> {
    const { userId, refresh } = known;
    const isSame = (): boolean => this.stored?.refresh === refresh;
    try {
      const pair = await this.askForPair(known);
      if (isSame()) return await this.keep(userId, pair, known.session);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      if (isSame()) {
        if (!this.askBackend) await this.end('ended');
        return null;
      }
    }
    if (this.stored?.userId === userId) return this.stored;
    throw Problem.signedOut(); // logged out meanwhile
  }

  private async exchange(): Promise<Stored> {
    const { askBackend } = this;
    if (!askBackend) throw Problem.signedOut();
    const body = { token: await askBackend() };
    try {
      const signedIn = await answerOf(this.parts.api.POST('/userauth/exchange', { body }));
      if (!this.askBackend) throw Problem.signedOut(); // logged out meanwhile
      return await this.keep(signedIn.user.id, signedIn);
    } catch (error) {
      const isRefused = error instanceof Problem && error.status === 401;
      if (isRefused && this.askBackend) await this.end('ended');
      throw error;
    }
  }

  private async enter(signedIn: Pair & { user: User }): Promise<User> {
    if (this.stored) this.forget('logged-out');
    this.parts.onUser(signedIn.user);
    await this.keep(signedIn.user.id, signedIn);
    return signedIn.user;
  }

  private async keep(userId: string, pair: Pair, session = newId()): Promise<Stored> {
    const lifeMs = 1000 * pair.expires_in;
    const renewAt = this.parts.timers.now() + lifeMs - Math.min(EARLY_MS, lifeMs / 5);
    const { access_token: access, refresh_token: refresh } = pair;
    const stored = { userId, session, access, refresh, renewAt };
    await this.parts.storage.set(KEY, JSON.stringify(stored));
    this.take(stored);
    this.tabs.tell();
    return stored;
  }

  /** @returns null too where something else is stored */
  private async read(): Promise<Stored | null> {
    const text = await this.parts.storage.get(KEY);
    this.goneReason = text === ENDED ? ENDED : 'logged-out';
    try {
      const stored = JSON.parse(text ?? 'null') as Stored | null;
      return typeof stored?.refresh === 'string' ? stored : null;
    } catch {
      return null;
    }
  }

  private take(stored: Stored | null): void {
    if (this.stored && this.stored.userId !== stored?.userId) this.forget(this.goneReason);
    this.hold(stored);
  }

  private hold(stored: Stored | null): void {
    this.stored = stored;
    this.userId.set(stored?.userId ?? null);
  }

  private forget(reason: SignedOutReason): void {
    if (!this.stored) return;
    this.hold(null);
    this.onSignedOut(reason);
  }
}
