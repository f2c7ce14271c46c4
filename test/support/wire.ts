/** What becomes of a request: it never arrives, or its answer does not; or it waits. */
type Fate = 'lost' | 'unanswered' | Promise<unknown> | undefined;

/** Rejects once the client wants no answer any more. */
function givenUp(signal?: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
  });
}

/** The network between a client and its server, as a test wants it to be. */
export class Wire {
  /** What was asked, such as `PUT parts/2`. */
  readonly asked: string[] = [];
  /** How many were under way at once at most, by method. */
  readonly most: Record<string, number> = {};
  rule: (what: string) => Fate = () => undefined;
  /** What an answer waits for that the server has given. */
  delay: (what: string) => Promise<void> | undefined = () => undefined;
  private readonly underWay: Record<string, number> = {};

  readonly fetch: typeof fetch = async (input, init) => {
    const request = input as Request;
    const { method } = request;
    const [, path] = /\/\/[^/]+\/(?:attachment\/)?(?:[\da-f-]{36}\/?)?([^?]*)/.exec(request.url)!;
    const what = `${method} ${path}`.trim();
    this.asked.push(what);
    const now = (this.underWay[method] = (this.underWay[method] ?? 0) + 1);
    this.most[method] = Math.max(this.most[method] ?? 0, now);
    try {
      const fate = this.rule(what);
      if (fate === 'lost') throw new TypeError('lost');
      if (fate instanceof Promise) await Promise.race([fate, givenUp(init?.signal)]);
      const answer = await fetch(request, init);
      await this.delay(what);
      if (fate === 'unanswered') throw new TypeError('unanswered');
      return answer;
    } finally {
      this.underWay[method]--;
    }
  };

  /** How often something was asked. */
  count(what: string): number {
    return this.asked.filter((each) => each === what).length;
  }
}
