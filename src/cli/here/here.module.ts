import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '../../config/config.module.js';
import type { Settings } from '../../config/settings.js';
import type { Database } from '../../database/database.js';
import { DatabaseModule } from '../../database/database.module.js';
import { EventsModule } from '../../events/events.module.js';
import { MetricsModule } from '../../metrics/metrics.module.js';
import { OperationsModule } from '../operations/operations.module.js';

/** The application without its edge and its jobs: what the command needs where no server answers. */
@Module({})
export class HereModule {
  static with(settings: Settings, database: Database): DynamicModule {
    return {
      module: HereModule,
      imports: [
        ConfigModule.with(settings),
        DatabaseModule.with(database),
        MetricsModule,
        EventsModule,
        OperationsModule,
      ],
    };
  }
}
