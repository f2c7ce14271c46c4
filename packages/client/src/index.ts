export { ConclaveClient, type ClientOptions, type SessionState } from './client.js';
export type { RoomMessage } from './message-views.js';
export { Problem, type ProblemType } from './problem.js';
export type { Readable } from './readable.js';
export type { Status } from './realtime.js';
export type { Room, RoomSnapshot, SendOptions } from './room.js';
export type { Place } from './room-pages.js';
export type { SearchOptions, SearchPage } from './search.js';
export type { SignedOutReason } from './session.js';
export { browserStorage, memoryStorage, type ClientStorage } from './storage.js';
export type { Timers } from './timers.js';
export type { Upload, UploadOptions, UploadState } from './upload.js';
export type {
  Attachment,
  Chat,
  LoginSession,
  Member,
  Message,
  Profile,
  Role,
  ServerInfo,
  SignUp,
  User,
  Visibility,
} from './types.js';
