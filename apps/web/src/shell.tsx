import { type ReactNode, useEffect } from 'react';
import { Account } from './account/account';
import { useUnread } from '@conclave/client/react';
import { Directory } from './rooms/directory';
import { RoomList } from './rooms/room-list';
import { RoomView } from './room/room-view';
import { type Route, useRoute } from './route';

/** The rooms at the side, and beside them what is chosen; on a narrow screen one of the two. */
export function Shell(): ReactNode {
  const route = useRoute();
  const unread = useUnread();
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Conclave` : 'Conclave';
  }, [unread]);
  return (
    <div className={route.view === 'rooms' ? 'shell' : 'shell is-deep'}>
      <RoomList route={route} />
      <Main route={route} />
    </div>
  );
}

function Main({ route }: { route: Route }): ReactNode {
  switch (route.view) {
    case 'room':
      return <RoomView key={route.id} id={route.id} messageId={route.messageId} />;
    case 'directory':
      return <Directory />;
    case 'account':
      return <Account />;
    case 'rooms':
      return (
        <main className="main is-empty">
          <p className="soft">What is said in a room shows here.</p>
        </main>
      );
  }
}
