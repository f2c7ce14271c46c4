import { type ReactNode, useState } from 'react';
import { useMe, useRooms } from '@conclave/client/react';
import { nameOf } from '../names';
import { hrefOf, type Route } from '../route';
import { SearchSheet } from '../search/search-sheet';
import { Avatar } from '../ui/avatar';
import { IconButton, Icon } from '../ui/icon';
import { Connection } from './connection';
import { Developer } from './developer';
import { NewRoom } from './new-room';
import { RoomRow } from './room-row';

/** The user's rooms, the one with the newest message first. */
export function RoomList({ route }: { route: Route }): ReactNode {
  const rooms = useRooms();
  const [isNew, setNew] = useState(false);
  const [isSearching, setSearching] = useState(false);
  return (
    <nav className="side" aria-label="Rooms">
      <header className="side-head">
        <h1>Conclave</h1>
        {rooms.length > 0 && (
          <IconButton icon="search" label="Search messages" onClick={() => setSearching(true)} />
        )}
        <a
          className="icon-button"
          href={hrefOf({ view: 'directory' })}
          aria-label="Find rooms"
          title="Find rooms"
          aria-current={route.view === 'directory' ? 'page' : undefined}
        >
          <Icon name="rooms" />
        </a>
        <IconButton icon="plus" label="New room" onClick={() => setNew(true)} />
      </header>
      {rooms.length === 0 ? (
        <div className="side-empty">
          <p className="soft">You are in no room yet.</p>
          <a className="button is-quiet" href={hrefOf({ view: 'directory' })}>
            Find a room
          </a>
          <button type="button" className="button" onClick={() => setNew(true)}>
            Make a room
          </button>
        </div>
      ) : (
        <ul className="room-list">
          {rooms.map((chat) => (
            <RoomRow
              key={chat.id}
              chat={chat}
              isCurrent={route.view === 'room' && route.id === chat.id}
            />
          ))}
        </ul>
      )}
      <Foot isCurrent={route.view === 'account'} />
      {isSearching && <SearchSheet onClose={() => setSearching(false)} />}
      {isNew && <NewRoom onClose={() => setNew(false)} />}
    </nav>
  );
}

function Foot({ isCurrent }: { isCurrent: boolean }): ReactNode {
  const me = useMe();
  const name = nameOf(me);
  return (
    <footer className="side-foot">
      <a
        className="me"
        href={hrefOf({ view: 'account' })}
        aria-current={isCurrent ? 'page' : undefined}
      >
        <Avatar id={me?.id ?? ''} name={me ? name : ''} />
        <span className="me-name">
          <span className="for-readers">Your account: </span>
          {me ? name : ''}
        </span>
      </a>
      <Connection />
      <Developer />
    </footer>
  );
}
