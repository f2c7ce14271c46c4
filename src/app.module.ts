import { DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuthModule } from './auth/auth.module.js';
import { ChatModule } from './chat/chat.module.js';
import { Draining } from './common/draining.js';
import { ProblemFilter } from './common/problem.filter.js';
import { InputPipe } from './common/validation.pipe.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import type { Database } from './database/database.js';
import { DatabaseModule } from './database/database.module.js';
import { ErasureModule } from './erasure/erasure.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { MessageModule } from './message/message.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { UserModule } from './user/user.module.js';

@Module({
  imports: [
    MetricsModule,
    EventsModule,
    AuthModule,
    UserModule,
    ChatModule,
    MessageModule,
    ErasureModule,
    RealtimeModule,
    HealthModule,
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
      imports: [ConfigModule.with(settings), DatabaseModule.with(database)],
    };
  }
}
