import { AttachmentPart } from './attachment/attachment-part.entity.js';
import { Attachment } from './attachment/attachment.entity.js';
import { Identity } from './auth/identity.entity.js';
import { Session } from './auth/session.entity.js';
import { WhitelistedToken } from './auth/whitelisted-token.entity.js';
import { Chat } from './chat/chat.entity.js';
import { Member } from './chat/member.entity.js';
import { Installation } from './database/installation.entity.js';
import { WrappedKey } from './encryption/wrapped-key.entity.js';
import { Message } from './message/message.entity.js';
import { Reaction } from './message/reaction.entity.js';
import { User } from './user/user.entity.js';

/** Every table, for the application and for the TypeORM CLI. */
export const entities = [
  Installation,
  User,
  Identity,
  WrappedKey,
  Session,
  WhitelistedToken,
  Chat,
  Member,
  Message,
  Reaction,
  Attachment,
  AttachmentPart,
];
