import { DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AttachmentModule } from './attachment/attachment.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ChatModule } from './chat/chat.module.js';
import { Draining } from './http/draining.js';
import { ProblemFilter } from './http/problem.filter.js';
import { InputPipe } from './http/validation.pipe.js';
import { CommandSocketModule } from './cli/socket/command-socket.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import type { Database } from './database/database.js';
import { DatabaseModule } from './database/database.module.js';
import { ErasureModule } from './erasure/erasure.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MessageModule } from './message/message.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PageModule } from './page/page.module.js';
import { SearchModule } from './search/search.module.js';
import { SyncModule } from './sync/sync.module.js';
import { UserModule } from './user/user.module.js';

@Module({
  imports: [
    MetricsModule,
    JobsModule,
    EventsModule,
    AuthModule,
    UserModule,
    ChatModule,
    AttachmentModule,
    MessageModule,
    SearchModule,
    SyncModule,
    ErasureModule,
    RealtimeModule,
    HealthModule,
    CommandSocketModule,
  ],
  providers: [
    Draining,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useClass: InputPipe },
  ],
})
export class AppModule {
  static with(settings: Settings, database: Database): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(settings),
        DatabaseModule.with(database),
        PageModule.with(settings),
      ],
    };
  }
}
