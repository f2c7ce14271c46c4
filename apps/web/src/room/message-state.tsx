import type { Room, RoomMessage, Upload } from '@conclave/client';
import { type ReactNode, useEffect } from 'react';
import { useStatus, useUpload } from '@conclave/client/react';
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
  if (state === 'pending')
    return <Pending uploads={message.uploads} onCancel={() => room.discard(key)} />;
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

function Pending(props: { uploads: readonly Upload[]; onCancel: () => void }): ReactNode {
  const isOnline = useStatus() === 'online';
  const { uploads, onCancel } = props;
  return (
    <div className="message-state">
      {uploads.map((upload) => (
        <Progress key={upload.key} upload={upload} />
      ))}
      <p>{isOnline ? 'Sending …' : 'Not sent yet: it goes once the connection is back.'}</p>
      {uploads.length > 0 && (
        <button type="button" className="link" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  );
}

/** Of a file that the message waits for. */
function Progress({ upload }: { upload: Upload }): ReactNode {
  const { state, sent, problem } = useUpload(upload);
  const { file_name, size } = upload.attachment;
  if (state !== 'uploading') return null;
  const percent = Math.floor((100 * sent) / size);
  return (
    <p className="message-upload" dir="auto">
      {file_name}: {problem && problem.status > 0 ? wordsOf(problem) : `${percent} %`}
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
