import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AttachmentModule } from '../attachment/attachment.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { UserModule } from '../user/user.module.js';
import { LastMessagesSource } from './read/last-messages-source.js';
import { LockedMessages } from './change/locked-message.js';
import { MessageEditor } from './change/message-editor.js';
import { MessageSender } from './send/message-sender.js';
import { MessageViews } from './read/message-views.js';
import { Reaction } from './reaction.entity.js';
import { ReactionController } from './change/reaction.controller.js';
import { ReactionService } from './change/reaction.service.js';
import { RoomPurge } from './change/room-purge.js';
import { MessageCache } from './message-cache.js';
import { MessageController } from './message.controller.js';
import { MessageRepository } from './read/message.repository.js';
import { MessageVerification } from './read/message-verification.js';
import { MessageService } from './read/message.service.js';
import { MessageSealer } from './message-sealer.js';
import { MessageSubscriber } from './message.subscriber.js';
import { MessageWriter } from './send/message-writer.js';
import { MessageParts } from './message-parts.js';
import { MessageMetrics } from './message-metrics.js';

@Module({
  imports: [
    AttachmentModule,
    TypeOrmModule.forFeature([Reaction]),
    ChatModule,
    EncryptionModule,
    UserModule,
  ],
  controllers: [MessageController, ReactionController],
  exports: [
    MessageParts,
    MessageRepository,
    MessageSealer,
    MessageService,
    MessageViews,
    RoomPurge,
  ],
  providers: [
    LastMessagesSource,
    LockedMessages,
    MessageCache,
    MessageEditor,
    MessageMetrics,
    MessageParts,
    MessageRepository,
    MessageSealer,
    MessageSender,
    MessageService,
    MessageSubscriber,
    MessageVerification,
    MessageViews,
    MessageWriter,
    ReactionService,
    RoomPurge,
  ],
})
export class MessageModule {}
