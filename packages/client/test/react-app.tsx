import type { Attachment, ConclaveClient, Place, Upload } from '@conclave/client';
import {
  ConclaveProvider,
  useAttachmentUrl,
  useClient,
  useMe,
  useRoom,
  useRooms,
  useSession,
  useStatus,
  useTyping,
  useUnread,
  useUpload,
} from '@conclave/client/react';
import { type FormEvent, type ReactNode, StrictMode, useState } from 'react';

/** What `test/client/react.e2e-spec.ts` shows: each hook, and two components with one room. */
export function App({ client }: { client: ConclaveClient }): ReactNode {
  return (
    <StrictMode>
      <ConclaveProvider client={client}>
        <Page />
      </ConclaveProvider>
    </StrictMode>
  );
}

function Page(): ReactNode {
  const session = useSession();
  const [roomId, setRoomId] = useState('');
  const [isAside, setAside] = useState(false);
  if (session === 'restoring') return <p>…</p>;
  return (
    <>
      {session === 'signed-in' ? <Chats roomId={roomId} setRoomId={setRoomId} /> : <LogIn />}
      <button onClick={() => setAside(!isAside)}>Aside</button>
      {roomId && isAside && <Aside id={roomId} />}
    </>
  );
}

function LogIn(): ReactNode {
  const client = useClient();
  function logIn(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const email = new FormData(event.currentTarget).get('email') as string;
    void client.logIn(email, 'correct horse battery staple');
  }
  return (
    <form onSubmit={logIn}>
      <input name="email" />
      <button>Log in</button>
    </form>
  );
}

interface ChatsProps {
  roomId: string;
  setRoomId: (id: string) => void;
}

function Chats({ roomId, setRoomId }: ChatsProps): ReactNode {
  const client = useClient();
  const rooms = useRooms();
  return (
    <>
      <header>
        {useMe()?.fname} is {useStatus()}, {useUnread()} unread
      </header>
      <nav>
        {rooms.map(({ id, chat_name, unread_count }) => (
          <button key={id} onClick={() => setRoomId(id)}>
            {chat_name}: {unread_count}
          </button>
        ))}
        <button onClick={() => setRoomId('')}>Close</button>
        <button onClick={() => void client.logOut()}>Log out</button>
      </nav>
      {roomId && <Messages id={roomId} />}
    </>
  );
}

function Messages({ id }: { id: string }): ReactNode {
  const [place, setPlace] = useState<Place>();
  const { messages, hasOlder, loadOlder, attach, send, markRead, problem } = useRoom(id, place);
  const { typing, type } = useTyping(id);
  const [text, setText] = useState('');
  const [upload, setUpload] = useState<Upload | null>(null);
  return (
    <main>
      <button onClick={() => void loadOlder()} disabled={!hasOlder}>
        Older
      </button>
      <button onClick={() => setPlace({ seq: 1 })}>First</button>
      <button onClick={() => setPlace({ messageId: id })}>Nowhere</button>
      <button onClick={() => markRead()}>Read</button>
      <ul>
        {messages.map(({ key, message, state, attachments }) => (
          <li key={key} className={state}>
            {message}
            {state === 'sent' && attachments.map((each) => <Picture key={each.id} of={each} />)}
          </li>
        ))}
      </ul>
      <p>{typing.map(({ fname }) => `${fname} types`)}</p>
      <p>{problem?.detail}</p>
      <input type="file" onChange={({ target }) => setUpload(attach(target.files![0]))} />
      {upload && <Progress of={upload} />}
      <input
        name="text"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          type();
        }}
      />
      <button
        onClick={() => {
          send(text, { attachments: upload ? [upload] : [] });
          setText('');
          setUpload(null);
        }}
      >
        Send
      </button>
    </main>
  );
}

function Progress({ of }: { of: Upload }): ReactNode {
  const { state, sent } = useUpload(of);
  return (
    <p>
      {state}: {sent} of {of.attachment.size}
    </p>
  );
}

function Picture({ of }: { of: Attachment }): ReactNode {
  const url = useAttachmentUrl(of);
  return url && <img src={url} alt={of.file_name} />;
}

function Aside({ id }: { id: string }): ReactNode {
  const { chat, messages } = useRoom(id);
  return (
    <aside>
      {chat?.chat_name} shows {messages.length}
    </aside>
  );
}
