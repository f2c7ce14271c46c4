import { useSyncExternalStore } from 'react';

export type Route =
  | { view: 'rooms' }
  | { view: 'directory' }
  | { view: 'account' }
  /** At a message, where one is named. */
  | { view: 'room'; id: string; messageId?: string };

const ROOM = /^#\/rooms\/([\da-f-]{36})(?:\/([\da-f-]{36}))?$/;

function routeOf(hash: string): Route {
  const [, id, messageId] = ROOM.exec(hash) ?? [];
  if (id) return { view: 'room', id, messageId };
  if (hash === '#/directory') return { view: 'directory' };
  if (hash === '#/account') return { view: 'account' };
  return { view: 'rooms' };
}

export function hrefOf(route: Route): string {
  if (route.view === 'rooms') return '#/';
  if (route.view !== 'room') return `#/${route.view}`;
  return `#/rooms/${route.id}${route.messageId ? `/${route.messageId}` : ''}`;
}

export function goTo(route: Route): void {
  location.hash = hrefOf(route);
}

/** In the place of the one that is shown: there is no way back to that. */
export function replaceRoute(route: Route): void {
  history.replaceState(null, '', hrefOf(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}
