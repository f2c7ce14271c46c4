type Work = (lock: object | null) => unknown;

/** `navigator.locks`, as far as a client uses it. */
export class Locks {
  private readonly held = new Map<string, Promise<unknown>>();

  async request(
    name: string,
    ...rest: [Work] | [{ ifAvailable: boolean }, Work]
  ): Promise<unknown> {
    const [options, work] = rest.length === 1 ? [{ ifAvailable: false }, rest[0]] : rest;
    if (options.ifAvailable && this.held.has(name)) return work(null);
    while (this.held.has(name)) await this.held.get(name);
    const done = Promise.resolve(work({ name }));
    const settled = done.catch(() => undefined).then(() => this.held.delete(name));
    this.held.set(name, settled);
    return done;
  }
}
