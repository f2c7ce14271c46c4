import { useSyncExternalStore } from 'react';

export type Route =
  { view: 'rooms' } | { view: 'directory' } | { view: 'account' } | { view: 'room'; id: string };

const ROOM = /^#\/rooms\/([\da-f-]{36})$/;

function routeOf(hash: string): Route {
  const id = ROOM.exec(hash)?.[1];
  if (id) return { view: 'room', id };
  if (hash === '#/directory') return { view: 'directory' };
  if (hash === '#/account') return { view: 'account' };
  return { view: 'rooms' };
}

export const hrefOf = (route: Route): string =>
  route.view === 'room' ? `#/rooms/${route.id}` : route.view === 'rooms' ? '#/' : `#/${route.view}`;

export function goTo(route: Route): void {
  location.hash = hrefOf(route);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}
