import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { ChatModule } from '../../chat/chat.module.js';
import { EncryptionModule } from '../../encryption/encryption.module.js';
import { ErasureModule } from '../../erasure/erasure.module.js';
import { MessageModule } from '../../message/message.module.js';
import { UserModule } from '../../user/user.module.js';
import { Accounts } from './accounts.js';
import { HistoryOperations } from './history-operations.js';
import { KeyOperations } from './key-operations.js';
import { Operations } from './operations.js';
import { RoomOperations } from './room-operations.js';
import { UserLists } from './user-lists.js';
import { UserOperations } from './user-operations.js';

/** What the command asks for: in the server, and where there is none in the command itself. */
@Module({
  imports: [AuthModule, ChatModule, EncryptionModule, ErasureModule, MessageModule, UserModule],
  providers: [
    Accounts,
    HistoryOperations,
    KeyOperations,
    Operations,
    RoomOperations,
    UserLists,
    UserOperations,
  ],
  exports: [Operations],
})
export class OperationsModule {}
