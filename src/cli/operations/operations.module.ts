import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { ChatModule } from '../../chat/chat.module.js';
import { ErasureModule } from '../../erasure/erasure.module.js';
import { UserModule } from '../../user/user.module.js';
import { Accounts } from './accounts.js';
import { Operations } from './operations.js';
import { RoomOperations } from './room-operations.js';
import { UserLists } from './user-lists.js';
import { UserOperations } from './user-operations.js';

/** What the command asks for: in the server, and where there is none in the command itself. */
@Module({
  imports: [AuthModule, ChatModule, ErasureModule, UserModule],
  providers: [Accounts, Operations, RoomOperations, UserLists, UserOperations],
  exports: [Operations],
})
export class OperationsModule {}
