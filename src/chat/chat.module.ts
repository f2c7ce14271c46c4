import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { ChatController } from './chat.controller.js';
import { Chat } from './chat.entity.js';
import { ChatRepository } from './chat.repository.js';
import { ChatService } from './chat.service.js';
import { Member } from './member.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Chat, Member]), EncryptionModule],
  controllers: [ChatController],
  providers: [ChatService, ChatRepository],
  exports: [ChatService],
})
export class ChatModule {}
