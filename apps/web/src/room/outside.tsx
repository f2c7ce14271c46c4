import type { Chat } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient, useStatus } from '@conclave/client/react';
import { roomName } from '../names';
import { useAction } from '../ui/action';
import { PageHead } from '../ui/page-head';
import { wordsOf } from '../words';

/** A room that the user is not in, or not any more; or one that is still on its way. */
export function Outside({ id }: { id: string }): ReactNode {
  const client = useClient();
  const status = useStatus();
  const [chat, setChat] = useState<Chat | null>(null);
  const { run, isBusy, problem } = useAction();
  const isHere = status === 'online';
  useEffect(() => {
    if (isHere) void run(async () => setChat(await client.calls.getRoom(id)));
  }, [client, id, isHere]);
  const canJoin = chat?.role === null && chat.visibility === 'public';
  return (
    <main className="main">
      <PageHead>
        <h2>{chat ? roomName(chat) : 'Room'}</h2>
      </PageHead>
      <div className="page" aria-busy={!chat && !problem}>
        <div className="outside">
          <p role="status" className="soft">
            {problem?.status === 404
              ? 'There is no such room any more, or it is not yours to see.'
              : ((problem && wordsOf(problem)) ??
                (canJoin ? 'You are not in this room.' : 'Opening …'))}
          </p>
          {canJoin && (
            <button
              type="button"
              className="button"
              disabled={isBusy}
              onClick={() => void run(() => client.room(id).join())}
            >
              Join
            </button>
          )}
        </div>
      </div>
    </main>
  );
}
