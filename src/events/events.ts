/** News that travels between modules, and between the processes of one installation. */
export type DomainEvent = SessionsEnded;

/** Sessions that are over: none of their tokens counts any more. */
export interface SessionsEnded {
  type: 'sessions.ended';
  sessionIds: string[];
}
