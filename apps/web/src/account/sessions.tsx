import type { LoginSession } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient, useStatus } from '@conclave/client/react';
import { full } from '../times';
import { useAction } from '../ui/action';
import { wordsOf } from '../words';

/** Where the user is logged in. */
export function Sessions(): ReactNode {
  const { calls } = useClient();
  const [sessions, setSessions] = useState<readonly LoginSession[] | null>(null);
  const { run, isBusy, problem } = useAction();
  const read = async (): Promise<void> => setSessions(await calls.sessions());
  const isOnline = useStatus() === 'online'; // else it would not ask again by itself
  useEffect(() => void run(read), [isOnline]);
  const end = (id: string): void =>
    void run(async () => {
      await calls.endSession(id);
      await read();
    });
  return (
    <section className="part" aria-labelledby="sessions">
      <h3 id="sessions">Where you are logged in</h3>
      <p role="alert" className="form-word">
        {problem && wordsOf(problem)}
      </p>
      <ul className="sessions" aria-busy={sessions === null}>
        {sessions?.map((session) => (
          <li key={session.id}>
            <span>{browserOf(session.user_agent)}</span>
            <span className="soft">
              {session.ip}, last used {full(session.last_used_at)}
            </span>
            {session.current ? (
              <span className="tag">this one</span>
            ) : (
              <button
                type="button"
                className="button is-quiet is-danger"
                aria-label={`End the session of ${session.ip}, last used ${full(session.last_used_at)}`}
                disabled={isBusy}
                onClick={() => end(session.id)}
              >
                End
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What most people call it, as far as it says so. */
function browserOf(agent: string | null): string {
  const known = /(Firefox|Edg|OPR|Chrome|Safari)\/(\d+)/.exec(agent ?? '');
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera' };
  if (known) return `${names[known[1]] ?? known[1]} ${known[2]}`;
  return agent?.slice(0, 80) || 'Unknown program';
}
