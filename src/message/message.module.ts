import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChatModule } from '../chat/chat.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { UserModule } from '../user/user.module.js';
import { MessageController } from './message.controller.js';
import { Message } from './message.entity.js';
import { MessageRepository } from './message.repository.js';
import { MessageService } from './message.service.js';
import { MessageSubscriber } from './message.subscriber.js';
import { MessageWriter } from './message.writer.js';

@Module({
  imports: [TypeOrmModule.forFeature([Message]), ChatModule, EncryptionModule, UserModule],
  controllers: [MessageController],
  providers: [MessageService, MessageRepository, MessageSubscriber, MessageWriter],
})
export class MessageModule {}
