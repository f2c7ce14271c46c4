import { Module } from '@nestjs/common';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { ServicesMetrics } from './services-metrics.js';

@Module({
  imports: [EncryptionModule],
  controllers: [HealthController, MetricsController],
  providers: [ServicesMetrics, HealthService],
})
export class HealthModule {}
