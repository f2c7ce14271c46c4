import { Module } from '@nestjs/common';
import { AttachmentModule } from '../attachment/attachment.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { RedisRights } from './redis-rights.js';
import { ServerController } from './server.controller.js';
import { ServicesMetrics } from './services-metrics.js';

@Module({
  imports: [AttachmentModule, EncryptionModule, RateLimitModule],
  controllers: [HealthController, MetricsController, ServerController],
  providers: [ServicesMetrics, HealthService, RedisRights],
})
export class HealthModule {}
