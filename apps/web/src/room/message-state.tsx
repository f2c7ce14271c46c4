import type { Room, RoomMessage } from '@conclave/client';
import { type ReactNode, useEffect } from 'react';
import { useStatus } from '@conclave/client/react';
import { announce } from '../ui/announcer';
import { wordsOf } from '../words';
import type { Fault } from './deeds';

interface Props {
  room: Room;
  message: RoomMessage;
  fault: Fault | null;
}

/** Below a message: that the server does not have it yet, or what has not gone through, and what can be done. */
export function MessageState({ room, message, fault }: Props): ReactNode {
  const { key, state, problem } = message;
  if (state === 'pending') return <Pending />;
  if (state === 'failed')
    return (
      <Failed
        words={`Not sent. ${problem ? wordsOf(problem) : ''}`}
        ways={[
          ['Send again', () => room.retry(key)],
          ['Discard', () => room.discard(key)],
        ]}
      />
    );
  if (!fault) return null;
  const ways: Ways = [
    ['Try again', fault.again],
    ['Dismiss', fault.dismiss],
  ];
  return <Failed words={fault.words} ways={ways} />;
}

function Pending(): ReactNode {
  const isOnline = useStatus() === 'online';
  return (
    <p className="message-state">
      {isOnline ? 'Sending …' : 'Not sent yet: it goes once the connection is back.'}
    </p>
  );
}

type Ways = [label: string, go: () => void][];

function Failed({ words, ways }: { words: string; ways: Ways }): ReactNode {
  useEffect(() => announce(words), [words]);
  return (
    <div className="message-state is-wrong">
      <p>{words}</p>
      {ways.map(([label, go]) => (
        <button key={label} type="button" className="link" onClick={go}>
          {label}
        </button>
      ))}
    </div>
  );
}
